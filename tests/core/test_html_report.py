"""The evaluation as one file: what it says is the report's, it needs nothing else, and nobody's name can break it."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from scipy.special import softmax

from cnn_core.data.load import load_dataset
from cnn_core.errors import RunError, StorageError
from cnn_core.evaluation.calibration import reliability, with_temperature
from cnn_core.evaluation.calibration_words import reliability_words
from cnn_core.evaluation.curves import one_versus_rest
from cnn_core.evaluation.label_issues import find_label_issues
from cnn_core.evaluation.predictions import Predictions
from cnn_core.html_report import make
from cnn_core.html_report.charts import Axis, Line, limits, line_chart
from cnn_core.html_report.make import find_test_images, make_report, write_report
from cnn_core.html_report.run_charts import class_charts, confidence_charts, learning_charts
from cnn_core.runs.label_marks import save_mark
from cnn_core.runs.notes import Notes
from cnn_core.runs.store import showcase
from tests.fixtures import damaged_run, digits_config, digits_predictions, finished_run, started_run

VOID = {"meta", "img", "br", "path", "circle", "link", "input", "hr"}
EVIL = "</title><script>alert('a')</script><img src=x onerror=alert(1)>"
# Leaves the attribute that it stands in.
EVIL_IN_AN_ATTRIBUTE = '" onfocus=alert(1) autofocus x="'


class Page(HTMLParser):
    """What a browser would find in the file: elements with their attributes and texts, and that it is well formed."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(content)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(run, images=None):
    page = Page(make_report(run, images))
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits").test_images


@pytest.fixture
def run():
    return finished_run()


def test_it_is_whole_html_with_one_title_headings_and_a_language(run, digits):
    page = page_of(run, digits)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert page.texts["h2"] == [
        "What it confuses",
        "Class by class",
        "How far its confidence can be believed",
        "The worst mistakes",
        "Suspicious labels",
        "The training",
        "The run",
    ]


def test_it_asks_nothing_of_any_network_and_runs_nothing(run, digits):
    content = make_report(run, digits)
    page = Page(content)
    assert not page.all("script")
    assert not page.all("link")
    assert not re.search(r"https?:|//[a-z]", content)
    assert "@import" not in content
    assert "url(" not in content
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("src") or "data:image/png;base64,").startswith("data:image/png;base64,")
        assert "href" not in attributes
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy


def test_the_figures_are_those_of_the_report(run):
    report, content = run.report(), make_report(run, None)
    for figure in (
        f"{report.accuracy:.2%}",
        f"95% interval {report.accuracy_low:.2%} to {report.accuracy_high:.2%}",
        f"{report.loss:.4f}",
        f"{report.precision:.2%}",
        f"{report.weighted_precision:.2%}",
        f"{report.recall:.2%}",
        f"{report.f1:.2%}",
        f"{report.weighted_f1:.2%}",
        f"{report.top2_accuracy:.2%}",
        f"{report.expected_calibration_error:.2%}",
    ):
        assert figure in content


def test_the_matrix_is_that_of_the_report(run):
    page = page_of(run)
    matrix = run.report().matrix()
    cells = [int(text.replace(",", "")) for text in page.texts["td"][1 : 1 + matrix.size]]
    np.testing.assert_array_equal(np.array(cells).reshape(matrix.shape), matrix)
    assert len(page.texts["caption"]) == 2
    assert "Rows are the true class" in page.texts["caption"][0]


def test_every_class_has_its_row(run):
    page = page_of(run)
    report = run.report()
    rows = page.texts["td"][1 + len(report.per_class) ** 2 :]
    for place, row in enumerate(report.per_class):
        assert [text.strip() for text in rows[4 * place : 4 * place + 4]] == [
            f"{row.precision:.1%}",
            f"{row.recall:.1%}",
            f"{row.f1:.1%}",
            f"{row.support}",
        ]


def test_the_most_confused_pair_is_told_in_words(run):
    content = make_report(run, None)
    assert "3 and 5 are confused most: 37 images of 3 are taken for 5" in content
    # In the list, too, 1 image is not images.
    assert "<li>8 and 0: 1 image of 8 is taken for 0, none the other way round; 2.6% of all errors</li>" in content


def test_how_the_test_set_was_used_is_said():
    assert "read once, after the training" in make_report(finished_run(), None)
    watched = finished_run(digits_config(training={"protocol": "tutorial"}))
    assert "watched every epoch" in make_report(watched, None)


def test_how_far_confidence_can_be_believed_is_told_in_words(run):
    content = make_report(run, None)
    predictions, temperature = run.predictions(), run.report().temperature
    for words, answers in (
        ("As the network says it: ", predictions),
        ("With the temperature: ", with_temperature(predictions, temperature)),
    ):
        assert words + reliability_words(reliability(answers.labels, answers.probabilities)) in content
    assert "With the temperature" not in make_report(finished_run(predictions=digits_predictions()), None)


def test_every_chart_says_in_words_what_it_shows(run):
    page = page_of(run)
    charts = [svg for svg in page.all("svg") if svg.get("role") == "img"]
    assert len(charts) == 6
    assert all(len(svg["aria-label"]) > 20 for svg in charts)


def test_images_are_in_the_file_with_words_for_those_who_do_not_see_them(run, digits):
    images = page_of(run, digits).all("img")
    assert len(images) >= 12
    assert all(image["alt"].startswith("Test image ") for image in images)


def test_without_images_the_file_says_so(run):
    content = make_report(run, None)
    assert not Page(content).all("img")
    assert "The images themselves were not on the machine" in content


def test_images_of_another_number_than_the_answers_are_not_shown(run, digits):
    assert not page_of(run, digits[:-1]).all("img")


def test_marks_of_labels_are_in_it(run, digits):
    answers = run.predictions()
    first = int(find_label_issues(answers.labels, answers.probabilities).indices[0])
    save_mark(run, first, "ambiguous")
    content = make_report(run, digits)
    assert "marked: ambiguous" in content
    assert re.search(r"A person has looked at 1 of these", content)


def test_marks_that_cannot_be_read_are_told(run):
    (run.path / "label_marks.json").write_text('{"format": 7}')
    assert "another version of CNN Lab wrote it" in make_report(run, None)


def test_what_others_wrote_is_shown_as_it_is(run, digits):
    run.save_notes(Notes(name=EVIL[:80], text=EVIL))
    record = run.record()
    names = (EVIL, *record.data.class_names[1:])
    evil = record.model_copy(update={"data": record.data.model_copy(update={"class_names": names})})
    path = run.path / "config.json"
    path.write_text(evil.model_dump_json())
    report = json.loads((run.path / "report.json").read_text())
    report["per_class"][0]["name"] = EVIL
    (run.path / "report.json").write_text(json.dumps(report))
    content = make_report(run, digits)
    page = Page(content)
    assert page.open == []
    assert not page.all("script")
    assert not [image for image in page.all("img") if "onerror" in image]
    assert EVIL in page.texts["p"][1]
    assert EVIL in "".join(page.texts["th"])


def with_first_class(run, name):
    """Give the first class another name, in all files of a run."""
    record = run.record()
    names = (name, *record.data.class_names[1:])
    changed = record.model_copy(update={"data": record.data.model_copy(update={"class_names": names})})
    (run.path / "config.json").write_text(changed.model_dump_json())
    report = json.loads((run.path / "report.json").read_text())
    report["per_class"][0]["name"] = name
    (run.path / "report.json").write_text(json.dumps(report))


def test_no_name_leaves_the_attribute_that_it_stands_in(digits):
    labels = load_dataset("digits").test_labels
    # Every image of the first class is wrong, and many others are taken for it: its name stands everywhere.
    said = np.where(labels == 0, 1, np.where(labels % 2, 0, labels))
    run = finished_run(predictions=Predictions(labels, 5 * np.eye(10, dtype=np.float32)[said]))
    before = page_of(run, digits)
    with_first_class(run, EVIL_IN_AN_ATTRIBUTE)
    page = page_of(run, digits)
    assert [(tag, set(attributes)) for tag, attributes in page.elements] == [
        (tag, set(attributes)) for tag, attributes in before.elements
    ]
    for tag, attribute in (("th", "title"), ("td", "title"), ("img", "alt")):
        assert [one for one in page.all(tag) if EVIL_IN_AN_ATTRIBUTE in (one.get(attribute) or "")], (tag, attribute)


def pictures_of(content):
    """The galleries of the file: (index of the test image, its pixels, the label's and the other class's words)."""
    found = []
    for figure in re.findall(r"<figure>\n<img.*?</figure>", content, re.DOTALL):
        (address,) = re.findall(r'src="data:image/png;base64,([^"]*)"', figure)
        pixels = np.array(Image.open(io.BytesIO(base64.b64decode(address))))
        (index,) = re.findall(r"test image (\d+)", figure)
        words = re.findall(r"(Label|Predicted|Network), ([0-9.]+%)<strong>([^<]*)</strong>", figure)
        found.append((int(index), pixels, words))
    return found


def test_each_picture_is_its_own_image_with_its_own_probabilities(run, digits):
    answers = run.predictions()
    pictures = pictures_of(make_report(run, digits))
    assert len({index for index, _, _ in pictures}) >= 12
    for index, pixels, ((_, label_share, label), (kind, other_share, other)) in pictures:
        np.testing.assert_array_equal(pixels, digits[index, ..., 0])
        probabilities = answers.probabilities[index]
        assert (label, label_share) == (str(answers.labels[index]), f"{probabilities[answers.labels[index]]:.1%}")
        assert other_share == f"{probabilities[int(other)]:.1%}"
        assert kind == "Network" or int(other) == answers.predicted[index]


def test_numbers_of_an_image_by_image_file_that_is_gone_are_left_out(run):
    (run.path / "predictions.npz").unlink()
    content = make_report(run, None)
    assert "curves, mistakes and suspicious labels are missing here" in content
    assert f"{run.report().accuracy:.2%}" in content
    assert Page(content).open == []


def test_classes_without_images_and_classes_never_predicted_are_no_trouble():
    labels = load_dataset("digits").test_labels
    labels = np.where(labels == 9, 0, labels)
    logits = 5 * np.eye(10, dtype=np.float32)[np.where(labels == 1, 2, labels)]
    page = page_of(finished_run(predictions=Predictions(labels, logits)))
    assert "nan" not in "".join(page.texts["main"]).lower()
    assert not [attributes for _, attributes in page.elements if "nan" in str(attributes.get("d")).lower()]


def test_a_perfect_network_has_no_mistakes_to_show():
    labels = load_dataset("digits").test_labels
    content = make_report(finished_run(predictions=Predictions(labels, 5 * np.eye(10, dtype=np.float32)[labels])), None)
    assert "Every test image was classified right" in content
    assert "There are none." in content


def test_a_hundred_classes_with_long_names_stay_below_two_megabytes(run):
    rng = np.random.default_rng(0)
    names = tuple(f"a class with a long name, number {number:03}....." for number in range(100))
    labels = rng.integers(0, 100, 3000)
    logits = rng.normal(size=(3000, 100)).astype(np.float32)
    logits[np.arange(3000), labels] += 3
    record = run.record()
    run = finished_run()
    many = record.model_copy(update={"data": record.data.model_copy(update={"class_names": names})})
    (run.path / "config.json").write_text(many.model_dump_json())
    from tests.fixtures import finish

    finish(run, predictions=Predictions(labels, logits))
    content = make_report(run, None)
    assert Page(content).open == []
    assert len(content) < 2_000_000


def test_a_run_without_an_evaluation_has_no_report():
    with pytest.raises(RunError, match="no evaluation yet"):
        make_report(started_run(), None)
    with pytest.raises(RunError, match="damaged"):
        make_report(damaged_run(), None)


def test_the_test_images_are_found_only_where_they_are_the_same(run):
    assert len(find_test_images(run.record())) == 360
    changed = run.record().data.model_copy(update={"checksum": "another"})
    assert find_test_images(run.record().model_copy(update={"data": changed})) is None
    assert find_test_images(showcase().record()) is None  # no Fashion-MNIST in this test's data folder


def test_an_existing_file_is_replaced_and_kept_where_writing_fails(run, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")
    write_report(run, path)
    assert path.read_text().startswith("<!doctype html>")
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(StorageError, match="No space left"):
        write_report(run, path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir() if "report" in entry.name] == ["report.html"]


def test_a_folder_that_is_not_there_is_told_before_the_work(run, tmp_path, monkeypatch):
    monkeypatch.setattr(make, "make_report", pytest.fail)
    with pytest.raises(StorageError, match="there is no folder"):
        write_report(run, tmp_path / "nowhere" / "report.html")
    with pytest.raises(StorageError, match="it is a folder"):
        write_report(run, tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="permissions, links and pipes of POSIX")
def test_a_link_stays_a_link_and_a_file_keeps_its_permissions(run, tmp_path):
    private = tmp_path / "private.html"
    private.write_text("old")
    private.chmod(0o600)
    link = tmp_path / "link.html"
    link.symlink_to(private)
    write_report(run, link)
    assert link.is_symlink()
    assert private.read_text().startswith("<!doctype html>")
    assert private.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="permissions, links and pipes of POSIX")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_new_file_gets_the_permissions_that_this_users_files_have(run, tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_report(run, tmp_path / "report.html")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == mode


@pytest.mark.skipif(os.name != "posix", reason="permissions, links and pipes of POSIX")
def test_what_is_no_plain_file_stays_what_it_is(run, tmp_path, monkeypatch):
    pipe, circle = tmp_path / "pipe", tmp_path / "circle"
    os.mkfifo(pipe)
    circle.symlink_to(circle)
    with monkeypatch.context() as patch:
        patch.setattr(make, "make_report", pytest.fail)
        with pytest.raises(StorageError, match="no plain file"):
            write_report(run, pipe)
        assert pipe.is_fifo()
        with pytest.raises(StorageError, match="cannot be written"):
            write_report(run, tmp_path / ("x" * 300))
    with pytest.raises(StorageError, match="cannot be written"):
        write_report(run, circle)
    assert circle.is_symlink()


def test_the_command_line_writes_it_and_prints_json_only(run, tmp_path):
    def evaluate(*arguments):
        command = [sys.executable, "-m", "cnn_core", "evaluate", run.id, *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])

    path = tmp_path / "report.html"
    done = evaluate("--html", str(path), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accuracy"] == run.report().accuracy
    assert str(path) in done.stderr
    assert Page(path.read_text()).open == []
    failed = evaluate("--html", str(tmp_path / "nowhere" / "report.html"))
    assert failed.returncode == 2
    assert failed.stdout == ""
    assert "there is no folder" in failed.stderr
    assert "Traceback" not in failed.stderr


# Charts


def test_a_curve_goes_where_its_points_are():
    x, y = Axis("x", 0.0, 1.0), Axis("y", 0.0, 1.0)
    chart = line_chart("t", "d", [Line("n", np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, 0.5]]), "s0")], x, y)
    # From the lower left corner of the plot to the upper right one; the point that is none is left out.
    assert 'd="M56.0 296.0L548.0 10.0"' in chart


def test_texts_of_a_chart_are_escaped():
    line = Line("<b>", np.zeros((1, 2)), "s0")
    chart = line_chart("<i>", '"<u>', [line], Axis("<p>", 0.0, 1.0), Axis("<q>", 0.0, 1.0))
    assert not re.search(r"<[biupq]>", chart)
    assert "&lt;b&gt;" in chart


X_AXIS = Axis("x", 0.0, 1.0)


def path_of(chart, name, points, x=X_AXIS, y=X_AXIS):
    """Whether the chart has a line through these points, with this name in its legend."""
    expected = line_chart("t", "d", [Line(name, points, "s0")], x, y)
    (path,) = re.findall(r'<path class="line s0" d="(M[^"]*)"/><?', expected.split('<ul class="legend">')[0])
    (style,) = re.findall(rf'class="line (\w+)"[^>]*/></svg>{re.escape(name)}</li>', chart)
    return f'<path class="line {style}" d="{path}"/>' in chart


def test_the_curves_of_a_class_are_its_own(run):
    answers = run.predictions()
    precision_recall, roc = class_charts(answers, run.report())
    from sklearn.metrics import auc, average_precision_score

    for label in (3, 8):
        one = one_versus_rest(answers)[label]
        area = average_precision_score(answers.labels == label, answers.probabilities[:, label])
        assert path_of(precision_recall, f"{label} (AP {area:.3f})", one.precision_recall)
        assert path_of(roc, f"{label} (AUC {auc(*one.roc.T):.3f})", one.roc)


def test_the_reliability_with_the_temperature_is_another_line_than_without(run):
    answers, report = run.predictions(), run.report()
    chart, _ = confidence_charts(answers, report)
    for name, logits in (
        ("as the network says", answers.logits),
        (f"with temperature {report.temperature:.3f}", answers.logits / report.temperature),
    ):
        shown = softmax(logits.astype(float), axis=1)
        bins = reliability(answers.labels, shown)
        assert path_of(chart, name, np.column_stack([bins.confidence, bins.accuracy]))


def test_training_and_validation_are_not_mixed_up():
    history = pd.DataFrame(
        {"epoch": [1, 2], "accuracy": [0.5, 0.6], "val_accuracy": [0.4, 0.3], "loss": [2, 1.5], "val_loss": [3, 2.5]}
    ).astype(float)
    accuracy, loss = learning_charts(history, "validation")
    x = Axis("epoch", 1.0, 2.0, is_share=False)
    for chart, measure, y in (
        (accuracy, "accuracy", limits(np.array([0.3, 0.6]), "accuracy", is_share=True)),
        (loss, "loss", limits(np.array([1.5, 3]), "loss", is_share=False, from_zero=True)),
    ):
        for name, column in (("training", measure), ("validation", f"val_{measure}")):
            assert path_of(chart, name, history[["epoch", column]].to_numpy(), x, y)


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis("share", 0.0, 1.0), [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (Axis("share", 0.935, 1.0), [0.94, 0.96, 0.98, 1.0]),
        (Axis("epoch", 1.0, 40.0, is_share=False), [10, 20, 30, 40]),
    ],
)
def test_ticks_are_round_and_within_the_axis(axis, ticks):
    assert axis.ticks() == pytest.approx(ticks)


def test_limits_hold_every_finite_value_and_shares_stay_shares():
    axis = limits(np.array([0.9, np.nan, 1.0]), "accuracy", is_share=True)
    assert axis.low == pytest.approx(0.895)
    assert axis.high == 1.0
    same = limits(np.array([0.3]), "loss", is_share=False)
    assert same.low < 0.3 < same.high
    nothing = limits(np.array([np.nan]), "loss", is_share=False, from_zero=True)
    assert nothing.low == 0
    assert nothing.high > 0


ODD = st.one_of(st.floats(), st.floats(0, 1), st.sampled_from([1e308, -1e308, 1e20, 17.0, 5e-324]))


@given(st.lists(st.tuples(ODD, ODD, ODD, ODD, ODD), max_size=5))
@example([(1.0, 90.0, 91.0, 0.1, 0.2), (2.0, 92.0, 93.0, 0.1, 0.2)])
@example([(float("inf"), 0.5, 0.5, 0.1, 0.2), (2.0, 0.5, 0.5, 0.1, 0.2)])
@example([(1.0, 1e20, 1e20, 1e20, 1e20)])
def test_any_history_gives_charts_whose_lines_are_numbers(rows):
    columns = ["epoch", "accuracy", "val_accuracy", "loss", "val_loss"]
    charts = "".join(learning_charts(pd.DataFrame(rows, columns=columns, dtype=float), "validation"))
    for numbers in re.findall(r' (?:d|x|y|cx|cy)="([^"]*)"', charts):
        assert not re.search("nan|inf", numbers)
        assert all(abs(float(number)) < 1000 for number in re.findall(r"-?[0-9.]+", numbers))


def test_accuracies_above_one_are_shown_as_they_are():
    axis = limits(np.array([90.0, 95.0]), "accuracy", is_share=True)
    assert axis.low < 90 < 95 < axis.high


@pytest.mark.real_data
def test_the_showcase_says_what_it_confuses():
    content = make_report(showcase(), find_test_images(showcase().record()))
    assert "Shirt and T-shirt/top are confused most" in content
    assert f"{showcase().report().accuracy:.2%}" in content
    assert "at temperature 0.789" in content
    assert len(Page(content).all("img")) == 24
