"""Names and tables tell which picture is of which class and part, or it is said what they do not tell."""

import csv
import io
import os
import time

import pytest

from cnn_core.data.own.bring import bring_in
from cnn_core.data.own.layout import read_layout
from cnn_core.data.own.listing import read_left_out
from cnn_core.data.own.settings import own_settings
from cnn_core.data.own.sources import open_source
from cnn_core.errors import DatasetError
from tests.own_sources import class_folders, folder_at, png, zip_at


def layout_of(tmp_path, files):
    return read_layout(open_source(zip_at(tmp_path / "some.zip", files)))


def tabled(tmp_path, rows, names, delimiter=","):
    """The layout of a ZIP with a table of these rows and files of these names."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return layout_of(tmp_path, {"labels.csv": text.getvalue(), **dict.fromkeys(names, b"")})


def labels_of(layout):
    return {one.name: one.label for one in layout.found}


def test_a_file_in_a_folder_is_not_another_one_of_that_name(tmp_path):
    rows = [("file", "label"), ("a/1.png", "cat"), ("b/2.png", "dog"), ("3.png", "cat")]
    layout = tabled(tmp_path, rows, ["b/1.png", "b/2.png", "c/3.png"])
    assert labels_of(layout) == {"b/2.png": "dog", "c/3.png": "cat"}
    assert dict(layout.left_out) == {
        "a/1.png": "stands in the table, but there is no such file",
        "b/1.png": "does not stand in the table",
    }


def test_a_table_may_name_files_with_the_folder_around_everything(tmp_path):
    text = "file,label\nset/images/1.png,cat\nimages/2.png,dog\n"
    files = {"set/labels.csv": text, "set/images/1.png": b"", "set/images/2.png": b""}
    assert labels_of(layout_of(tmp_path, files)) == {"set/images/1.png": "cat", "set/images/2.png": "dog"}


LIKE_PARTS = {**class_folders(count=3, base="train/"), **class_folders(count=2, base="test/")}


@pytest.mark.parametrize("beside", ["set/docs/licence.txt", "set/all/boxes.json", "set/train/list.csv", "read me.txt"])
def test_texts_beside_the_parts_do_not_make_classes_of_them(tmp_path, beside):
    files = {f"set/{name}": content for name, content in LIKE_PARTS.items()}
    layout = layout_of(tmp_path, {**files, beside: "words"})
    assert layout.counts == {"cat": 5, "dog": 5}
    assert layout.has_test_part
    assert layout.warnings == ()


def test_a_picture_right_in_a_part_is_left_out_and_it_is_said(tmp_path):
    layout = layout_of(tmp_path, {**class_folders(base="train/"), "test/1.png": png(), "test/2.png": png()})
    assert layout.counts == {"cat": 6, "dog": 6}
    assert [name for name, _ in layout.left_out] == ["test/1.png", "test/2.png"]
    assert "2 pictures lie right in 'test', in no class folder" in layout.warnings[0]


def test_parts_beside_another_folder_of_pictures_are_classes_and_it_is_said(tmp_path):
    layout = layout_of(tmp_path, {**LIKE_PARTS, "docs/figure.png": png()})
    assert set(layout.counts) == {"docs", "test", "train"}
    assert "'test' and 'train' are classes here" in layout.warnings[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_labels_may_hold_what_separates_columns(tmp_path, delimiter):
    labels = ["a, b", "it's a; thing", "'quoted'", "two\tparts", 'say "hi", you']
    # The rarer ones at the end: what stands first is not all that there is.
    names = {f"{number:03}.png": labels[number // 60] for number in range(300)}
    rows = [("file", "label", "split"), *((name, label, "") for name, label in names.items())]
    layout = tabled(tmp_path, rows, names, delimiter)
    assert labels_of(layout) == {name: label.replace("\t", "·") for name, label in names.items()}


def test_a_table_whose_names_are_quoted_is_read(tmp_path):
    text = '\r\n"file";"label"\r\n"1.png";"cat, small"\r\n"2.png";"dog"\r\n'
    layout = layout_of(tmp_path, {"labels.csv": text, "1.png": b"", "2.png": b""})
    assert labels_of(layout) == {"1.png": "cat, small", "2.png": "dog"}


@pytest.mark.parametrize(("others", "becomes"), [("train", "is drawn"), ("test", "are learned from")])
def test_words_for_a_part_that_are_not_known_are_told(tmp_path, others, becomes):
    rows = [("file", "label", "split"), *((f"{n}.png", "ab"[n % 2], "Holdout" if n < 3 else others) for n in range(9))]
    layout = tabled(tmp_path, rows, [f"{n}.png" for n in range(9)])
    assert len(layout.warnings) == 1
    assert "'Holdout' (3 pictures)" in layout.warnings[0]
    assert becomes in layout.warnings[0]


def test_names_that_are_not_utf8_are_left_out_and_told(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))
    folder = folder_at(tmp_path / "pets", class_folders())
    for name in (b"cat/m\xfcller.png", b"caf\xe9/1.png"):
        path = os.fsencode(folder) + b"/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(png())
    source = open_source(folder)
    asked = own_settings({"name": "pets", "title": "Pets"})
    card = bring_in(source, read_layout(source), asked, on_progress=[].append, should_stop=lambda: False)
    assert card.class_names == ("cat", "dog")
    why = dict(read_left_out(tmp_path / "data" / "pets"))
    assert set(why) == {"cat/m·ller.png", "caf·/1.png"}
    assert "not UTF-8" in why["caf·/1.png"]


def test_a_folder_of_a_blank_is_no_class(tmp_path):
    layout = layout_of(tmp_path, {**class_folders(), " /1.png": png()})
    assert set(layout.counts) == {"cat", "dog"}
    assert dict(layout.left_out) == {" /1.png": "lies in a folder without a name"}


@pytest.mark.parametrize("name", ["a/" * 30_000 + "1.png", "a/" * 51 + "1.png", f"cat/{'x' * 1001}.png"])
def test_a_name_that_is_too_long_is_left_out_at_once(tmp_path, name):
    started = time.process_time()
    layout = layout_of(tmp_path, {name: png(), **class_folders()})
    assert layout.counts == {"cat": 6, "dog": 6}
    assert len(layout.left_out) == 1
    assert "name is too long" in layout.left_out[0][1]
    assert time.process_time() - started < 3


def test_only_names_that_are_too_long_are_no_dataset(tmp_path):
    with pytest.raises(DatasetError, match="no picture in a class folder"):
        layout_of(tmp_path, {"a/" * 60 + "1.png": png()})
