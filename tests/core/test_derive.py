"""A dataset without some of its images: what is kept is as it was, and the source stays as it is."""

import csv

import numpy as np
import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.data.own.derive import KIND, Derived, Without, free_clean_name, without, work
from cnn_core.data.own.store import OwnCard, checksum_of, digests_of, own_folder, own_names
from cnn_core.errors import ConfigError, DatasetError
from cnn_core.images.frame import Frame
from cnn_core.jobs.store import new_folder, start_in
from cnn_core.jobs.work import CancelledError, run_job


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """An empty data folder, for every test."""
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def asked(dataset, **changes):
    """Leave out two training images and a test image, where nothing else is said."""
    values = {"train_drop": (0, 3), "test_drop": (1,), "name": "less", "title": "Less", **changes}
    return Without(**{"dataset": dataset.name, "checksum": dataset.checksum, **values})


def own_dataset(name="pets"):
    """An own dataset of twelve images with groups and names of files."""
    folder = own_folder(name)
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for part, count in (("train", 8), ("test", 4)):
        np.save(folder / f"{part}_images.npy", rng.integers(0, 256, (count, 8, 8, 3), np.uint8))
        np.save(folder / f"{part}_labels.npy", np.arange(count) % 2)
        rows = [[f"{part}-{index}.png", 10 + index, 20, f"g{index % 3}"] for index in range(count)]
        with (folder / f"{part}_files.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["file", "width", "height", "group"], *rows])
    np.save(folder / "train_groups.npy", np.arange(8) % 3)
    digests = digests_of(folder)
    card = OwnCard(
        name=name, title="Pets", description="Four.", licence="CC0", origin="here", created=0.0, class_names=("a", "b"),
        frame=Frame(height=8, width=8, channels=3, background="natural"), is_mirrored_alike=True, train_count=8,
        test_count=4, left_out=0, checksum=checksum_of(("a", "b"), digests), digests=digests, settings={},
    )  # fmt: skip
    (folder / "dataset.json").write_text(card.model_dump_json())
    return load_dataset(name)


@pytest.mark.parametrize("make", [own_dataset, lambda: load_dataset("digits")])
def test_what_is_kept_is_as_it_was(make):
    source = make()
    told = []
    card = without(asked(source), told.append)
    new = load_dataset("less")
    assert np.array_equal(new.train_images, np.delete(source.train_images, [0, 3], axis=0))
    assert np.array_equal(new.train_labels, np.delete(source.train_labels, [0, 3]))
    assert np.array_equal(new.test_images, np.delete(source.test_images, 1, axis=0))
    assert np.array_equal(new.test_labels, np.delete(source.test_labels, 1))
    assert (card.train_count, card.test_count) == (len(new.train_labels), len(new.test_labels))
    assert card.train_counts == tuple(np.bincount(new.train_labels))
    assert new.checksum == card.checksum != source.checksum
    before, after = dataset_card(source.name), dataset_card("less")
    assert (after.frame, after.licence, after.class_names) == (before.frame, before.licence, before.class_names)
    assert load_dataset(source.name).checksum == source.checksum
    assert told == sorted(told)


def test_files_and_groups_follow_their_images():
    source = own_dataset()
    without(asked(source), lambda _share: None)
    assert np.array_equal(load_dataset("less").train_groups, np.delete(source.train_groups, [0, 3]))
    rows = list(csv.DictReader((own_folder("less") / "train_files.csv").read_text().splitlines()))
    assert [row["file"] for row in rows] == [f"train-{index}.png" for index in (1, 2, 4, 5, 6, 7)]
    assert [row["group"] for row in rows] == ["g1", "g2", "g1", "g2", "g0", "g1"]
    assert rows[0]["width"] == "11"


def test_a_table_of_files_that_does_not_fit_the_images_is_told():
    source = own_dataset()
    (own_folder("pets") / "train_files.csv").write_text("file,width,height\na.png,1,2\n")
    with pytest.raises(DatasetError, match="names 1 file, and there are 8 images"):
        without(asked(source), lambda _share: None)
    assert own_names() == ["pets"]


def test_what_cannot_be_made_is_told_and_leaves_nothing(data):
    source = own_dataset()
    for changes, error, words in (
        ({"name": "pets"}, DatasetError, "is taken"),
        ({"name": "digits"}, DatasetError, "built in"),
        ({"name": "../less"}, ConfigError, "cannot be used"),
        ({"checksum": "0" * 64}, DatasetError, "has changed"),
        ({"test_drop": (1, 3)}, DatasetError, "Class 'b' would have no test image left"),
    ):
        with pytest.raises(error, match=words):
            without(asked(source, **changes), lambda _share: None)

    def stop(_share):
        raise CancelledError

    with pytest.raises(CancelledError):
        without(asked(source), stop)
    assert own_names() == ["pets"]
    assert [path.name for path in data.iterdir() if path.is_dir()] == ["pets"]


def test_a_name_that_is_free_is_found():
    assert free_clean_name("pets") == "pets-clean"
    own_dataset("pets-clean")
    own_dataset("pets-clean-2")
    assert free_clean_name("pets") == "pets-clean-3"


def test_a_job_makes_it():
    source = own_dataset()
    job = start_in_silence(source)
    run_job(job)
    assert job.read_result(Derived) == Derived(name="less", train_count=6, test_count=3)
    assert "less" in own_names()
    assert work.__module__ == "cnn_core.data.own.derive"


def start_in_silence(source):
    """A job whose process is never started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cnn_core.jobs.store.start_process", lambda *_: None)
        return start_in(new_folder(KIND, source.checksum), KIND, source.checksum, asked(source).model_dump(mode="json"))
