"""Datasets of one's own are what was brought in, or it is told: their files are held against their digests."""

import os
from pathlib import Path

import numpy as np
import pytest

from cnn_core.data.load import dataset_state, load_dataset
from cnn_core.data.own import arrays
from cnn_core.data.own.settings import own_settings
from cnn_core.data.own.store import describe_own, own_folder, own_names, read_card, remove_own
from cnn_core.data.own.suggest import free_name
from cnn_core.errors import ConfigError, DatasetError
from cnn_core.runs.datasets import remove_dataset
from tests.own_data import own_dataset


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """An empty data folder, for every test."""
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def change_last_byte(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("array", ["train_images", "train_labels", "test_images", "test_labels", "train_groups"])
def test_one_altered_byte_is_never_trained_on(array):
    own_dataset(groups=np.arange(40) // 4)
    load_dataset("own")
    change_last_byte(own_folder("own") / f"{array}.npy")
    with pytest.raises(DatasetError, match=rf"{array}\.npy' is altered: expected the SHA-256"):
        load_dataset("own")
    # What was found out once is remembered.
    assert dataset_state("own").state == "damaged"
    change_last_byte(own_folder("own") / f"{array}.npy")
    assert load_dataset("own").checksum == read_card("own").checksum


def test_asked_to_verify_the_state_finds_an_altered_byte_and_its_repair():
    own_dataset()
    path = own_folder("own") / "test_images.npy"
    change_last_byte(path)
    assert dataset_state("own").state == "ready"
    state = dataset_state("own", verify=True)
    assert (state.state, state.folder) == ("damaged", own_folder("own"))
    assert "is altered" in state.message
    change_last_byte(path)
    assert dataset_state("own", verify=True).state == "ready"
    path.unlink()
    assert dataset_state("own").state == "damaged"


def test_a_file_is_hashed_again_only_when_it_has_changed(monkeypatch):
    own_dataset()
    hashed = []

    def noted(path):
        hashed.append(path.stem)
        return digest(path)

    digest = arrays.sha256_of
    monkeypatch.setattr(arrays, "sha256_of", noted)
    load_dataset("own")
    dataset = load_dataset("own")
    assert hashed == list(arrays.ARRAYS)
    assert isinstance(dataset.train_images, np.memmap)
    assert not dataset.train_images.flags.writeable
    os.utime(own_folder("own") / "train_labels.npy")
    load_dataset("own")
    assert hashed[4:] == ["train_labels"]


def test_a_label_without_a_class_is_told():
    card = own_dataset(classes=3)
    altered = card.model_copy(update={"class_names": card.class_names[:2]})
    (own_folder("own") / "dataset.json").write_text(altered.model_dump_json())
    with pytest.raises(DatasetError, match="name classes that are not there"):
        load_dataset("own")


def test_other_groups_make_another_dataset():
    cards = [
        own_dataset(name, groups=groups)
        for name, groups in (("none", None), ("fours", np.arange(40) // 4), ("fives", np.arange(40) // 5))
    ]
    assert len({card.checksum for card in cards}) == 3
    assert cards[0].checksum == own_dataset("again").checksum
    (own_folder("fours") / "train_groups.npy").unlink()
    with pytest.raises(DatasetError, match="missing or damaged"):
        load_dataset("fours")


def test_everything_is_on_the_disk_before_the_card_says_so(monkeypatch):
    written = []

    def noted(number):
        written.append(Path(f"/proc/self/fd/{number}").readlink().name)
        sync(number)

    sync = os.fsync
    monkeypatch.setattr(os, "fsync", noted)
    own_dataset(groups=np.zeros(40))
    assert sorted(written[:-1]) == sorted(f"{name}.npy" for name in (*arrays.ARRAYS, arrays.GROUPS))
    assert written[-1] == "dataset.json"


@pytest.mark.parametrize("name", ["./own", "../data/own", "own/", "own/../own", "", ".", "absolute"])
def test_a_name_leads_nowhere_else(data, name):
    own_dataset()
    name = str(data / "own") if name == "absolute" else name
    for refuse in (read_card, remove_own, remove_dataset, load_dataset):
        with pytest.raises(DatasetError, match="There is no dataset"):
            refuse(name)
    assert own_names() == ["own"]


@pytest.mark.parametrize("changes", [{"title": ""}, {"title": " "}, {"description": "x" * 2001}, {"origin": "x" * 501}])
def test_what_is_said_of_a_dataset_has_limits(changes):
    own_dataset()
    before = read_card("own")
    with pytest.raises(ConfigError, match=next(iter(changes))):
        describe_own("own", **changes)
    assert read_card("own") == before
    assert describe_own("own", title=" Pets ", licence="CC0").title == "Pets"


def test_no_dataset_has_the_name_of_the_form_that_brings_one_in():
    with pytest.raises(ConfigError, match="'bring-in' cannot be used"):
        own_settings({"name": "bring-in", "title": "Pets"})
    assert free_name("Bring in.zip") == "bring-in-2"
