"""The files that a selection can be taken away in: opened again, as a person would."""

import csv
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.special import softmax

from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.selection_files import folder_names, selection_csv, selection_zip

NAMES = ("cat", 'a "dog", big', "Eule/Käuzchen")
LABELS = np.array([0, 1, 2, 0, 1])
LOGITS = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
CHOSEN = np.array([4, 0, 2])


@pytest.fixture
def answers():
    return Predictions(LABELS, LOGITS)


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_table_has_a_row_an_image_in_their_order(answers):
    rows = rows_of(selection_csv(answers, CHOSEN, NAMES))
    assert [row["index"] for row in rows] == ["4", "0", "2"]
    assert [row["true"] for row in rows] == [NAMES[1], NAMES[0], NAMES[2]]
    assert [row["predicted"] for row in rows] == [NAMES[LOGITS[index].argmax()] for index in CHOSEN]


def test_the_table_says_what_the_network_said(answers):
    for row, index in zip(rows_of(selection_csv(answers, CHOSEN, NAMES)), CHOSEN, strict=True):
        theirs = softmax(LOGITS[index].astype(float))
        second, first = np.sort(theirs)[-2:]
        assert [float(row[f"probability of {name}"]) for name in NAMES] == pytest.approx(theirs, rel=1e-5)
        assert float(row["confidence"]) == pytest.approx(first, rel=1e-5)
        assert float(row["margin"]) == pytest.approx(first - second, rel=1e-4)
        assert float(row["loss"]) == pytest.approx(-np.log(theirs[LABELS[index]]), rel=1e-5)


def test_a_spreadsheet_is_told_that_the_table_is_utf_8(answers):
    content = selection_csv(answers, CHOSEN, NAMES)
    assert content.startswith(b"\xef\xbb\xbf")
    assert "Käuzchen" in content.decode("utf-8")


def test_no_name_becomes_a_formula_in_a_spreadsheet(answers):
    names = ("=1+1", "-cat", "dog")
    images = np.zeros((5, 2, 2, 1), np.uint8)
    with zipfile.ZipFile(io.BytesIO(selection_zip(answers, np.arange(5), names, images))) as archive:
        content = archive.read("selection.csv").decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "-", "+", "@"))]
        assert {"'=1+1", "'-cat", "dog", "probability of =1+1"} <= set(cells)
        # The folders keep their names; only the cell that names them is spelt otherwise.
        assert "=1+1/00000.png" in archive.namelist()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_archive_has_each_image_in_the_folder_of_its_true_class(answers, channels):
    images = np.random.default_rng(1).integers(0, 256, (5, 6, 4, channels), np.uint8)
    with zipfile.ZipFile(io.BytesIO(selection_zip(answers, CHOSEN, NAMES, images))) as archive:
        assert archive.testzip() is None
        rows = rows_of(archive.read("selection.csv"))
        assert sorted(archive.namelist()) == sorted(["selection.csv", *(row["file"] for row in rows)])
        for row in rows:
            folder, name = row["file"].split("/")
            assert folder == folder_names(NAMES)[NAMES.index(row["true"])]
            assert name == f"{int(row['index']):05d}.png"
            pixels = np.array(Image.open(archive.open(row["file"])))
            np.testing.assert_array_equal(pixels.reshape(images.shape[1:]), images[int(row["index"])])


def test_the_same_choice_gives_the_same_bytes(answers):
    images = np.zeros((5, 2, 2, 1), np.uint8)
    assert selection_zip(answers, CHOSEN, NAMES, images) == selection_zip(answers, CHOSEN, NAMES, images)


def test_letters_of_any_script_stay():
    names = ("Σκύλος", "تفاح", "猫", "Käuzchen", "T-shirt")
    assert folder_names(names) == names


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("T-shirt/top", "T-shirt_top"),
        ("a:b*c?", "a_b_c_"),
        ("..", "_"),
        ("../../etc", "_._.._etc"),
        (".hidden", "_hidden"),
        ("ends with a dot. ", "ends with a dot"),
        ("CON", "_CON"),
        ("lpt1.txt", "_lpt1.txt"),
        ("", "_"),
        ("line\nbreak\u202e", "line_break_"),
        ("selection.csv", "selection.csv (2)"),
    ],
)
def test_what_some_system_forbids_is_left_out(name, folder):
    assert folder_names((name,)) == (folder,)


def test_names_that_some_system_takes_for_the_same_get_folders_of_their_own():
    # The last two are one letter and an accent, and the letter that has it.
    assert folder_names(("Cat", "cat", "a/b", "a:b", "e\u0301", "\u00e9")) == (
        *("Cat", "cat (2)", "a_b", "a_b (2)"),
        *("\u00e9", "\u00e9 (2)"),
    )


@given(st.lists(st.text(), min_size=1, max_size=8))
def test_any_names_give_folders_that_every_system_takes(names):
    folders = folder_names(tuple(names))
    assert len({folder.casefold() for folder in folders}) == len(names)
    for folder in folders:
        assert folder
        assert not set(folder) & set('<>:"/\\|?*\0\n\r\t')
        assert folder == folder.strip().rstrip(".")
        assert len(folder.encode()) <= 130
