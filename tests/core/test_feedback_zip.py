"""Corrections as a ZIP of class folders: what anybody can unpack is what was kept."""

import csv
import io
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.folder_names import folder_names
from cnn_core.errors import RunError
from cnn_core.images.decode import picture_from_array
from cnn_core.runs.directory import Run
from cnn_core.runs.feedback import keep_correction
from cnn_core.runs.feedback_file import Said, picture_key
from cnn_core.runs.feedback_zip import feedback_zip
from tests.fixtures import finished_run

NAMES = ("T-shirt/top", "t-shirt:top", "Пальто", "コート", "CON", "..", "+", "labels.csv", "none of these classes", "9")


@pytest.fixture
def run(monkeypatch):
    """A run whose classes have names that are no names of folders."""
    record = Run.record

    def renamed(run):
        found = record(run)
        return found.model_copy(update={"data": found.data.model_copy(update={"class_names": NAMES})})

    run = finished_run()
    monkeypatch.setattr(Run, "record", renamed)
    return run


def picture(seed=0, name="coat.jpg", side=12):
    return picture_from_array(np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8), name)


def said(predicted="9", confidence=0.25):
    return Said(predicted=predicted, confidence=confidence, is_outlier=False)


def opened(run):
    return zipfile.ZipFile(io.BytesIO(b"".join(feedback_zip(run))))


def rows(archive):
    return list(csv.DictReader(io.StringIO(archive.read("labels.csv").decode("utf-8-sig"))))


def test_every_picture_comes_back_with_its_exact_class(run, tmp_path):
    labels = [*NAMES, None]
    for seed, label in enumerate(labels):
        keep_correction(run, picture(seed), label, said(), at=86_400 * 365 * 20 + seed)
    archive = opened(run)
    assert archive.testzip() is None
    archive.extractall(tmp_path)
    table = rows(archive)
    assert len(table) == len(labels) == len(archive.namelist()) - 1
    for seed, label in enumerate(labels):
        (row,) = [row for row in table if row["time"] == f"1989-12-27T00:00:{seed:02d}+00:00"]
        assert row["label"] == ("none of these classes" if label is None else label)
        assert np.array_equal(np.asarray(Image.open(tmp_path / row["file"])), picture(seed).rgb)
    folders = [row["file"].split("/")[0] for row in table]
    assert len({folder.lower() for folder in folders}) == len(labels), "no two classes share a folder"
    assert "T-shirt_top" in folders
    assert "Пальто" in folders
    assert "コート" in folders


def test_the_table_says_what_the_network_said_and_no_name_is_a_formula(run):
    keep_correction(run, picture(name="=1+1.png"), "+", said("CON", 0.123456789))
    archive = opened(run)
    assert archive.read("labels.csv").decode("utf-8-sig").splitlines()[0] == (
        "file,label,predicted,confidence,name,time"
    )
    (row,) = rows(archive)
    assert (row["label"], row["predicted"], row["confidence"], row["name"]) == ("+", "CON", "0.123457", "'=1+1.png")


def test_the_names_inside_lead_nowhere_else(run):
    for seed, label in enumerate([*NAMES, None]):
        keep_correction(run, picture(seed), label, said())
    for name in opened(run).namelist():
        parts = name.split("/")
        assert len(parts) == (1 if name == "labels.csv" else 2)
        assert not any(part.startswith(".") for part in parts)


def test_damaged_pictures_are_left_out_of_folders_and_table(run):
    for seed in range(2):
        keep_correction(run, picture(seed), "9", said())
    (run.path / "feedback" / f"{picture_key(picture(0))}.png").write_bytes(b"no picture")
    archive = opened(run)
    assert archive.namelist() == [f"9/{picture_key(picture(1))}.png", "labels.csv"]
    assert len(rows(archive)) == 1


def test_a_time_before_there_were_zips_does_no_harm(run):
    keep_correction(run, picture(), "9", said(), at=0)
    assert rows(opened(run))[0]["time"] == "1970-01-01T00:00:00+00:00"


def test_without_feedback_there_is_no_zip(run):
    with pytest.raises(RunError, match="no feedback to download"):
        feedback_zip(run)


def test_no_more_than_a_few_pictures_are_in_memory(run):
    for seed in range(24):
        keep_correction(run, picture(seed, side=300), "9", said())
    whole = sum(map(len, feedback_zip(run)))
    tracemalloc.start()
    for _piece in feedback_zip(run):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert whole > 24 * 300 * 300 * 3
    assert peak < whole / 4


@pytest.mark.parametrize(
    ("label", "folder"),
    [
        ("T-shirt/top", "T-shirt_top"),
        ("..", "_"),
        (".git", "_git"),
        ('a\\b:c*?"<>|', "a_b_c______"),
        ("Nul", "_Nul"),
        ("com1.txt", "_com1.txt"),
        ("trailing. ", "trailing"),
        ("two\nlines\u202e", "two_lines_"),
        ("__MACOSX", "___MACOSX"),
        ("", "_"),
        ("\ud800", "_"),
        ("Рубашка", "Рубашка"),
        ("衬" * 100, "衬" * 40),
    ],
)
def test_a_class_becomes_a_folder_that_every_system_takes(label, folder):
    assert folder_names([label]) == [folder]


def test_classes_that_would_share_a_folder_get_numbers():
    assert folder_names(["Top", "top", "TOP", "ﬁn", "fin"]) == ["Top", "top-2", "TOP-3", "ﬁn", "fin-2"]
    assert folder_names(["Labels.csv"], taken=["labels.csv"]) == ["Labels.csv-2"]
