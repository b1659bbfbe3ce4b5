"""``make bench``: which trainings are measured, kept and compared. The trainings themselves are made up here."""

import argparse
import json

import pytest

from benchmarks import bench
from benchmarks.measuring import CommandError, Measurement

PRESET_EPOCHS = 9


@pytest.fixture
def trained(monkeypatch):
    """What was trained: (side, epochs, seed), without the first epochs that warm up."""
    done = []

    def measure(command, side, seed, _runs):
        epochs = int(command[command.index("--epochs") + 1]) if "--epochs" in command else PRESET_EPOCHS
        done.append((side, epochs, seed))
        seconds = {"plain": 100.0, "torch": 80.0}.get(side, 50.0)
        return Measurement(side, seed, seconds, {"epochs": epochs, "test_accuracy": 0.9, "test_loss": 0.3})

    monkeypatch.setattr(bench, "measure", measure)
    return done


def asked(file=None, *, seeds=(0,), epochs=10):
    return argparse.Namespace(json=file, seeds=list(seeds), epochs=epochs)


def test_each_side_is_warmed_up_and_the_order_turns_with_each_seed(trained):
    bench.measure_all(["plain", "torch", "fast"], asked(seeds=(0, 1)))
    assert trained[:2] == [("plain", 1, 0), ("torch", 1, 0)]
    assert [(side, seed) for side, _, seed in trained[2:]] == [
        ("plain", 0), ("torch", 0), ("fast", 0), ("fast", 1), ("torch", 1), ("plain", 1)
    ]  # fmt: skip


def test_what_a_file_has_is_not_repeated_and_what_does_not_fit_stays_in_it(trained, tmp_path):
    file = tmp_path / "bench.json"
    first = bench.measure_all(["plain", "fast"], asked(file, epochs=10))
    assert {(one.side, one.result["epochs"]) for one in first} == {("plain", 10), ("fast", PRESET_EPOCHS)}
    trained.clear()
    second = bench.measure_all(["plain", "fast"], asked(file, epochs=3))
    assert trained == [("plain", 1, 0), ("plain", 3, 0)]
    assert {(one.side, one.result["epochs"]) for one in second} == {("plain", 3), ("fast", PRESET_EPOCHS)}
    stored = json.loads(file.read_text())["measurements"]
    assert sorted((one["side"], one["result"]["epochs"]) for one in stored) == [
        ("fast", PRESET_EPOCHS),
        ("plain", 3),
        ("plain", 10),
    ]


def test_seeds_that_were_not_asked_for_are_not_in_the_table(trained, tmp_path):
    file = tmp_path / "bench.json"
    bench.measure_all(["plain"], asked(file, seeds=(0, 1)))
    (only,) = bench.measure_all(["plain"], asked(file, seeds=(1,)))
    assert only.seed == 1
    assert trained


def test_numbers_of_another_machine_are_not_mixed_in(trained, tmp_path):
    file = tmp_path / "bench.json"
    bench.measure_all(["plain"], asked(file))
    content = json.loads(file.read_text())
    content["machine"]["cpu"] = "another"
    file.write_text(json.dumps(content))
    trained.clear()
    with pytest.raises(SystemExit, match="was measured on another machine or with other versions"):
        bench.measure_all(["plain"], asked(file))
    assert trained == []


@pytest.mark.parametrize("failing", [(0, "1"), (1, "10")], ids=["at once", "with its second seed"])
def test_a_side_that_fails_is_left_out_and_said(trained, monkeypatch, capsys, failing):
    measure = bench.measure

    def without_torch(command, side, seed, runs):
        if side == "torch" and (seed, command[command.index("--epochs") + 1]) == failing:
            raise CommandError("torch failed with exit status 1; its messages stand above.")
        return measure(command, side, seed, runs)

    monkeypatch.setattr(bench, "measure", without_torch)
    found = bench.measure_all(["plain", "torch", "fast"], asked(seeds=(0, 1)))
    assert {one.side for one in found} == {"plain", "fast"}
    assert capsys.readouterr().err.count("torch failed with exit status 1") == 1
    assert [side for side, _, _ in trained].count("fast") == 2


def test_times_are_of_the_plain_script_s(trained):
    rows = bench.table(bench.measure_all(["plain", "torch"], asked(seeds=(0, 1))))
    assert "| PyTorch, eager | 10 | 80.0 ± 0.0 | 0.80 | 90.00 ± 0.00% | 0.300 | 2 |" in rows
    assert trained
