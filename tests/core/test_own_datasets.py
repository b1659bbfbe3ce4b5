"""Datasets of one's own: what a source holds, what becomes of it, and what bad input is told."""

import csv
import io
import json
import os
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cnn_core.data import load
from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.data.folders import data_folder
from cnn_core.data.own import bring, store
from cnn_core.data.own.bring import CancelledError, bring_in
from cnn_core.data.own.layout import read_layout
from cnn_core.data.own.listing import read_files
from cnn_core.data.own.settings import name_for, own_settings
from cnn_core.data.own.sources import open_source
from cnn_core.data.own.store import own_names, read_card, remove_own
from cnn_core.errors import ConfigError, DatasetError, StorageError
from cnn_core.images.decode import picture_from_array
from cnn_core.images.frame import Frame
from cnn_core.images.prepare import prepare
from tests.fixtures import finished_run
from tests.own_sources import brought, class_folders, nothing_is_left, png, zip_at


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """An empty data folder, for every test."""
    folder = tmp_path / "data"
    monkeypatch.setenv("CNN_LAB_DATA", str(folder))
    return folder


def test_a_zip_of_class_folders_becomes_a_dataset_like_any_other(tmp_path):
    card = brought(zip_at(tmp_path / "pets.zip", class_folders(("dog", "Cat", "10", "9"), 10, "pets/")))
    # Numbers by value, capitals do not count.
    assert card.class_names == ("9", "10", "Cat", "dog")
    assert (card.train_count, card.test_count) == (32, 8)
    assert dataset_names()[-1] == "pets"
    dataset = load.load_dataset("pets")
    assert dataset.train_images.shape == (32, 8, 8, 3)
    assert (dataset.train_images.dtype, dataset.train_labels.dtype) == (np.uint8, np.int64)
    assert np.bincount(dataset.train_labels).tolist() == [8, 8, 8, 8]
    assert np.bincount(dataset.test_labels).tolist() == [2, 2, 2, 2]
    assert dataset.checksum == dataset_card("pets").checksum == card.checksum
    assert load.dataset_state("pets").state == "ready"
    # Every picture went where its folder says: its shade tells.
    shades = {"dog": 0, "Cat": 1, "10": 2, "9": 3}
    for image, label in zip(dataset.train_images, dataset.train_labels, strict=True):
        assert image[0, 0, 0] % 20 == shades[card.class_names[label]]
        np.testing.assert_array_equal(image[0, 0], [image[0, 0, 0], 255 - image[0, 0, 0], 128])


def test_a_folder_gives_the_same_dataset_as_a_zip_of_it_and_stays_as_it_is(tmp_path):
    files = class_folders()
    for name, content in files.items():
        path = tmp_path / "pets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "pets").rglob("*")}
    of_folder = brought(tmp_path / "pets", name="one")
    of_zip = brought(zip_at(tmp_path / "pets.zip", dict(sorted(files.items()))), name="other")
    assert of_folder.checksum == of_zip.checksum
    assert of_folder.checksum != brought(tmp_path / "pets", name="third", seed=1).checksum
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "pets").rglob("*")} == before


def test_parts_that_a_source_names_are_kept_and_validation_joins_the_training(tmp_path):
    files = {
        **class_folders(count=6, base="set/train/"),
        **class_folders(count=3, base="set/valid/"),
        **class_folders(count=2, base="set/TEST/"),
    }
    source = open_source(zip_at(tmp_path / "set.zip", files))
    layout = read_layout(source)
    assert layout.kind == "class folders inside TEST, train, valid"
    assert layout.has_test_part
    card = brought(tmp_path / "set.zip")
    assert (card.train_count, card.test_count) == (18, 4)


def test_a_class_may_be_called_test(tmp_path):
    card = brought(zip_at(tmp_path / "kinds.zip", class_folders(("test", "exam"))))
    assert card.class_names == ("exam", "test")


def test_a_table_tells_labels_parts_and_groups(data, tmp_path):
    table = [["file", "label", "split", "group"]]
    files = {}
    for number in range(40):
        files[f"images/{number}.png"] = png(number)
        table.append([f"{number}.png", ("left", "right")[number % 2], "", f"person {number // 4}"])
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(table)
    card = brought(zip_at(tmp_path / "hands.zip", {"labels.csv": "\ufeff" + text.getvalue(), **files}), test_share=0.2)
    assert card.class_names == ("left", "right")
    people = []
    for part in ("train", "test"):
        names = [row.name for row in read_files(data / "pets", part)]
        people.append({int(name.split("/")[1].removesuffix(".png")) // 4 for name in names})
    # Nobody is in both parts.
    assert not people[0] & people[1]
    assert len(people[0] | people[1]) == 10
    assert len(people[1]) == 2


def test_what_a_table_does_not_fit_is_left_out_and_told(data, tmp_path):
    rows = ["File,Class", *(f"{number}.png,{'ab'[number % 2]}" for number in range(12))]
    rows += ["missing.png,a", "3.png,b", "4.png,"]
    files = {f"{number}.png": png(number) for number in range(14)}
    path = zip_at(tmp_path / "table.zip", {"labels.csv": "\n".join(rows), **files})
    left_out = dict(read_layout(open_source(path)).left_out)
    assert set(left_out) == {"missing.png", "3.png", "4.png", "12.png", "13.png"}
    assert "no such file" in left_out["missing.png"]
    assert "twice" in left_out["3.png"]
    assert "does not stand in the table" in left_out["12.png"]
    assert brought(path).left_out == 5
    with (data / "pets" / "left_out.csv").open(encoding="utf-8") as file:
        assert {row["file"] for row in csv.DictReader(file)} == set(left_out)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("name,kind\n1.png,a\n", "expected 'file' and 'label'"),
        ("", "expected 'file' and 'label'"),
        (b"\xff\xfe\x00bad", "Save it as CSV in UTF-8"),
    ],
)
def test_a_table_that_cannot_be_read_is_told(tmp_path, table, said):
    path = zip_at(tmp_path / "table.zip", {"labels.csv": table, "1.png": png()})
    with pytest.raises(DatasetError, match=said):
        read_layout(open_source(path))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no picture in a class folder"),
        ({"1.png": png(), "2.png": png(1)}, "no picture in a class folder"),
        (class_folders(("cat",)), "one class only, 'cat'"),
        ({"readme.txt": "words"}, "no picture in a class folder"),
        ({".hidden/1.png": png(), "__MACOSX/cat/1.png": png()}, "no picture in a class folder"),
        ({f"{number}/1.png": b"" for number in range(1001)}, "1,001 classes"),
        ({"[Content_Types].xml": "<x/>", "word/a.png": png()}, "Office document"),
    ],
)
def test_a_zip_that_is_no_dataset_is_told_why(tmp_path, files, said):
    path = zip_at(tmp_path / "some.zip", files)
    with pytest.raises(DatasetError, match=said):
        read_layout(open_source(path))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"PK\x03\x04 and nothing else"), "no ZIP, or a damaged one"),
        (lambda path: path.write_bytes(b""), "no ZIP, or a damaged one"),
        (str, "does not exist"),
    ],
)
def test_a_file_that_is_no_zip_is_told(tmp_path, make, said):
    make(tmp_path / "some.zip")
    with pytest.raises(DatasetError, match=said):
        open_source(tmp_path / "some.zip")


def test_names_that_climb_or_link_lead_nowhere(data, tmp_path):
    link = zipfile.ZipInfo("cat/link.png")
    link.external_attr = 0o120777 << 16
    files = [
        *class_folders().items(),
        ("../../cat/evil.png", png(77)),
        ("/dog/absolute.png", png(78)),
        ("C:\\dog\\windows.png", png(79)),
        (link, "/etc/passwd"),
    ]
    path = zip_at(tmp_path / "evil.zip", files)
    card = brought(path)
    # "C:" would be a class of one picture: too few.
    assert card.class_names == ("cat", "dog")
    names = "".join((data / "pets" / f"{part}_files.csv").read_text() for part in ("train", "test"))
    assert "cat/evil.png" in names
    assert "dog/absolute.png" in names
    assert "link" not in names
    assert ".." not in names
    assert sorted(entry.name for entry in data.iterdir()) == [".lock", "pets"]


def test_links_in_a_folder_are_not_followed(tmp_path):
    for name, content in class_folders().items():
        path = tmp_path / "pets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.png").write_bytes(png())
    (tmp_path / "pets" / "linked").symlink_to(tmp_path / "secret")
    (tmp_path / "pets" / "cat" / "link.png").symlink_to(tmp_path / "secret" / "a.png")
    assert sorted(read_layout(open_source(tmp_path / "pets")).counts.items()) == [("cat", 6), ("dog", 6)]


def test_pictures_that_cannot_be_read_are_left_out_and_listed(data, tmp_path):
    files = {
        **class_folders(count=8),
        "cat/half.png": png()[:40],
        "cat/text.jpg": b"these are words",
        "dog/empty.png": b"",
        "dog/grey16.png": b"",
    }
    deep = io.BytesIO()
    Image.fromarray(np.full((9, 9), 40_000, np.uint16)).save(deep, "PNG")
    files["dog/grey16.png"] = deep.getvalue()
    files["cat/alpha.png"] = png(5, mode="RGB")
    cmyk = io.BytesIO()
    Image.new("CMYK", (9, 9), (10, 20, 30, 0)).save(cmyk, "JPEG")
    files["cat/cmyk.jpg"] = cmyk.getvalue()
    card = brought(zip_at(tmp_path / "pets.zip", files))
    assert card.left_out == 3
    assert card.train_count + card.test_count == 16 + 3
    with (data / "pets" / "left_out.csv").open(encoding="utf-8") as file:
        why = {row["file"]: row["why"] for row in csv.DictReader(file)}
    assert set(why) == {"cat/half.png", "cat/text.jpg", "dog/empty.png"}
    assert "empty (0 bytes)" in why["dog/empty.png"]


def test_a_class_of_which_nothing_can_be_read_is_told_and_nothing_is_left(data, tmp_path):
    files = {**class_folders(), **{f"bird/{number}.png": b"words" for number in range(6)}}
    with pytest.raises(DatasetError, match="Class 'bird' has no training image that could be read"):
        brought(zip_at(tmp_path / "pets.zip", files))
    assert nothing_is_left(data)


def test_classes_can_be_left_out_and_small_ones_are(tmp_path):
    files = {**class_folders(("cat", "dog", "bird")), **class_folders(("rare",), 3)}
    path = zip_at(tmp_path / "pets.zip", files)
    assert brought(path, leave_out=["bird"]).class_names == ("cat", "dog")
    assert brought(path, name="more", fewest=3).class_names == ("bird", "cat", "dog", "rare")
    with pytest.raises(DatasetError, match="1 of 4 classes are left"):
        brought(path, name="few", leave_out=["bird", "cat"])


def test_classes_that_differ_in_capitals_are_two_and_it_is_said(tmp_path):
    layout = read_layout(open_source(zip_at(tmp_path / "pets.zip", class_folders(("Cat", "cat", "Hund", "猫")))))
    assert set(layout.counts) == {"Cat", "cat", "Hund", "猫"}
    assert len(layout.warnings) == 1
    assert "'Cat' and 'cat' are different classes here" in layout.warnings[0]


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_of_other_proportions_fits_as_asked_and_as_classify_will_fit_it(tmp_path, fit, channels):
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, :10], wide[:, 10:20], wide[:, 20:] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    file = io.BytesIO()
    Image.fromarray(wide).save(file, "PNG")
    files = {f"{name}/{number}.png": file.getvalue() for name in "ab" for number in range(6)}
    brought(zip_at(tmp_path / "flags.zip", files), fit=fit, channels=channels, height=12, width=12)
    dataset, card = load.load_dataset("pets"), dataset_card("pets")
    image = dataset.train_images[0]
    assert image.shape == (12, 12, channels)
    if fit == "crop":
        assert np.ptp(image, axis=(0, 1)).max() == 0
    else:
        assert (image[0] == 0).all() == (fit == "pad")
        assert len({tuple(image[6, column]) for column in (0, 6, 11)}) == 3
    prepared = prepare(picture_from_array(wide, "flag"), card.frame)
    np.testing.assert_array_equal(prepared.image, image)


def test_a_name_that_is_taken_is_refused_and_nothing_changes(data, tmp_path):
    path = zip_at(tmp_path / "pets.zip", class_folders())
    brought(path)
    before = (data / "pets" / "dataset.json").read_bytes()
    with pytest.raises(DatasetError, match="The name 'pets' is taken"):
        brought(path)
    with pytest.raises(DatasetError, match="that is built in"):
        brought(path, name="mnist")
    assert (data / "pets" / "dataset.json").read_bytes() == before
    assert sorted(entry.name for entry in data.iterdir()) == [".lock", "pets"]


@pytest.mark.parametrize("name", ["", "Pets", "a/b", "..", ".hidden", "-a", "a" * 64, "naïve"])
def test_a_name_that_is_no_folders_is_refused(name):
    with pytest.raises(ConfigError, match="cannot be used"):
        own_settings({"name": name, "title": "Pets"})


@pytest.mark.parametrize(
    ("title", "name"), [("My Photos.zip", "my-photos"), ("a  b--c", "a-b-c"), ("猫", "pictures"), ("x" * 99, "x" * 63)]
)
def test_a_title_suggests_a_name(title, name):
    assert name_for(title) == name
    assert own_settings({"name": name_for(title), "title": "Pets"}).name == name


def test_a_stop_leaves_nothing_behind(data, tmp_path):
    source = open_source(zip_at(tmp_path / "pets.zip", class_folders(count=100)))
    asked = own_settings({"name": "pets", "title": "Pets"})
    told = []
    with pytest.raises(CancelledError):
        bring_in(source, read_layout(source), asked, on_progress=told.append, should_stop=lambda: True)
    assert nothing_is_left(data)


def test_a_half_that_a_killed_process_left_is_no_dataset(data):
    half = data / ".incoming-0123"
    half.mkdir(parents=True)
    (half / "dataset.json").write_text("{}")
    assert own_names() == []
    assert "incoming" not in "".join(dataset_names())


def test_a_full_disk_is_told_and_nothing_is_left(data, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bring.np, "save", full)
    with pytest.raises(StorageError, match=r"could not be written \(No space left on device\)"):
        brought(zip_at(tmp_path / "pets.zip", class_folders()))
    assert nothing_is_left(data)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_cannot_be_written_is_told(data, tmp_path):
    data.mkdir()
    data.chmod(0o500)
    with pytest.raises(StorageError, match="Set CNN_LAB_DATA"):
        brought(zip_at(tmp_path / "pets.zip", class_folders()))


@pytest.mark.parametrize("part", ["train_images", "test_labels"])
@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY garbage"])
def test_a_dataset_with_a_damaged_file_is_told(tmp_path, part, content):
    brought(zip_at(tmp_path / "pets.zip", class_folders()))
    path = data_folder() / "pets" / f"{part}.npy"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatasetError, match="missing or damaged"):
        load.load_dataset("pets")
    np.save(path, np.zeros(3))
    with pytest.raises(DatasetError, match="is damaged: expected"):
        load.load_dataset("pets")


def test_a_damaged_card_is_told_and_does_not_hide_the_others(data, tmp_path):
    brought(zip_at(tmp_path / "pets.zip", class_folders()))
    (data / "pets" / "dataset.json").write_text("{half")
    with pytest.raises(DatasetError, match="is damaged"):
        dataset_card("pets")
    assert dataset_card("digits").name == "digits"


def test_a_dataset_can_be_described_anew_and_stays_the_same(tmp_path):
    card = brought(zip_at(tmp_path / "pets.zip", class_folders()))
    store.describe_own("pets", title="Our pets", licence="CC0")
    assert (read_card("pets").title, read_card("pets").licence) == ("Our pets", "CC0")
    assert read_card("pets").checksum == card.checksum


def test_a_dataset_is_deleted_unless_a_run_uses_it(data, digits_on_pets):
    from cnn_core.runs.datasets import remove_dataset

    with pytest.raises(DatasetError, match="is built in"):
        remove_dataset("digits")
    with pytest.raises(DatasetError, match="There is no dataset 'nothing'"):
        remove_dataset("nothing")
    with pytest.raises(DatasetError, match=f"'pets' is what '{digits_on_pets.id}' learned from"):
        remove_dataset("pets")
    remove_own("pets")
    assert nothing_is_left(data)


@pytest.fixture
def digits_on_pets(tmp_path):
    """A run whose record says that it learned from the dataset ``pets``."""
    brought(zip_at(tmp_path / "pets.zip", class_folders()))
    run = finished_run()
    record = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps({**record, "dataset": "pets"}))
    return run


# Python's writer cuts a name at a zero.
SHORT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.lists(SHORT, min_size=1, max_size=4).map("/".join), max_size=12), seed=st.integers(0, 99))
def test_whatever_a_zip_holds_it_becomes_a_dataset_or_is_told(tmp_path, names, seed):
    path = tmp_path / "some.zip"
    files = [(name, png(number, size=(8, 8))) for number, name in enumerate(names)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_LAB_DATA", str(tmp_path / f"data-{seed}"))
        with warnings.catch_warnings():
            # Names may come twice.
            warnings.simplefilter("ignore")
            zip_at(path, files)
        try:
            card = brought(path, fewest=2)
        except DatasetError:
            assert nothing_is_left(tmp_path / f"data-{seed}")
            return
        dataset = load.load_dataset("pets")
        assert len(dataset.train_labels) + len(dataset.test_labels) == card.train_count + card.test_count <= len(files)
        remove_own("pets")


def test_a_frame_of_an_older_version_takes_the_middle():
    assert Frame(height=8, width=8, channels=3, background="natural").fit == "crop"
