"""``python -m cnn_core compare``: the same figures and words as on the page, its keys, its exit status."""

import json
import sys

import numpy as np
import pytest
from scipy import stats

from cnn_core import cli
from cnn_core.evaluation.predictions import Predictions
from cnn_core.runs import directory
from cnn_core.runs.store import create_run, showcase
from tests.fixtures import damaged_run, digits_config, digits_predictions, finished_run

KEYS = {
    "a",
    "b",
    "test_count",
    "accuracy_a",
    "accuracy_b",
    "accuracy_a_interval",
    "accuracy_b_interval",
    "difference",
    "difference_low",
    "difference_high",
    "p_value",
    "both_right",
    "only_a_right",
    "only_b_right",
    "both_wrong",
    "same_answer",
    "verdict",
    "per_class",
}


@pytest.fixture
def compare(monkeypatch, capfd):
    """Call the command in this process: (exit status, stdout, stderr)."""

    def compare(*arguments):
        monkeypatch.setattr(sys, "argv", ["cnn_core", "compare", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return ended.value.code or 0, out, err

    return compare


@pytest.fixture
def pair():
    """Two runs on the digits: the second one has a sixth of its right answers wrong."""
    a = digits_predictions()
    logits = a.logits.copy()
    turned = a.is_right & (np.arange(len(a)) % 6 == 0)
    logits[turned] = np.roll(logits[turned], 1, axis=1)
    return finished_run(), finished_run(predictions=Predictions(a.labels, logits)), int(turned.sum())


def test_json_has_the_figures_and_the_words_of_the_page(compare, pair):
    a, b, turned = pair
    status, out, _ = compare(a.id, b.path, "--json")
    assert status == 0
    assert out.count("\n") == 1
    answer = json.loads(out)
    assert answer.keys() == KEYS
    assert (answer["a"], answer["b"], answer["test_count"]) == (a.id, b.id, 360)
    assert (answer["only_a_right"], answer["only_b_right"], answer["both_wrong"]) == (turned, 0, 38)
    assert answer["accuracy_a"] == pytest.approx(a.report().accuracy)
    assert answer["difference"] == pytest.approx(-turned / 360)
    assert answer["p_value"] == pytest.approx(stats.binomtest(turned, turned).pvalue)
    assert f"A is better by {100 * turned / 360:.1f} points" in answer["verdict"]
    assert [row["name"] for row in answer["per_class"]] == list("0123456789")


def test_the_table_says_the_same(compare, pair):
    a, b, turned = pair
    status, out, err = compare(a.id, b.id)
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert f"only A right {turned}" in lines
    assert "only B right 0" in lines
    assert f"A is better by {100 * turned / 360:.1f} points" in out
    assert "trained again with another seed" in out


def test_a_class_without_images_has_no_recall(compare):
    answers = digits_predictions()
    labels = np.where(answers.labels == 9, 8, answers.labels)
    a, b = (finished_run(predictions=Predictions(labels, answers.logits)) for _ in "ab")
    status, out, _ = compare(a.id, b.id, "--json")
    assert status == 0
    assert json.loads(out)["per_class"][9] == {
        **{"name": "9", "recall_a": None, "recall_b": None, "difference": None, "support": 0}
    }
    status, out, _ = compare(a.id, b.id)
    assert status == 0
    assert "9 – – – no test image" in [" ".join(line.split()) for line in out.splitlines()]


@pytest.mark.parametrize("content", [None, b"{half"], ids=["missing", "damaged"])
def test_a_comparison_needs_no_report(compare, pair, content):
    a, b, turned = pair
    for run in (a, b):
        path = run.path / directory.REPORT
        path.unlink() if content is None else path.write_bytes(content)
    status, out, _ = compare(a.id, b.id, "--json")
    assert status == 0
    assert json.loads(out)["only_a_right"] == turned


@pytest.mark.parametrize(
    ("other", "status", "words"),
    [
        ("nothing", 2, "There is no run 'nothing'"),
        ("itself", 2, "cannot be compared with itself"),
        ("showcase", 2, "it was tested on Fashion-MNIST"),
        ("untested", 1, "has no predictions yet"),
        ("damaged", 1, "'predictions.npz' cannot be read"),
        ("damaged settings", 1, "'config.json' cannot be read"),
        ("other labels", 1, "not tested on the same images"),
    ],
)
def test_what_cannot_be_compared_ends_with_a_sentence_and_its_status(compare, other, status, words):
    a = finished_run()
    answers = digits_predictions()
    name = {
        "nothing": lambda: "nothing",
        "itself": lambda: a.id,
        "showcase": lambda: showcase().id,
        "untested": lambda: create_run(digits_config()).id,
        "damaged": lambda: damaged_run(directory.PREDICTIONS, b"half a file").id,
        "damaged settings": lambda: damaged_run().id,
        "other labels": lambda: finished_run(predictions=Predictions(np.roll(answers.labels, 1), answers.logits)).id,
    }[other]()
    found, out, err = compare(a.id, name, "--json")
    assert (found, out) == (status, "")
    assert err.startswith("Error: ")
    assert words in err
    assert "Traceback" not in err
