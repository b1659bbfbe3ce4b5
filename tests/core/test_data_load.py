"""Finding, verifying and reading the files of a dataset, on a tiny stand-in for Fashion-MNIST and MNIST."""

import gzip
import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnn_core.data import download, folders, payload
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.dataset import dataset_checksum
from cnn_core.data.load import data_folder, dataset_state, load_dataset
from cnn_core.data.published import PUBLICATIONS, Publication, PublishedFile
from cnn_core.errors import DatasetError, StorageError

TRAIN_IMAGES = bytes.fromhex("00000803 00000003 00000002 00000002") + bytes(range(1, 13))
TRAIN_LABELS = bytes.fromhex("00000801 00000003") + bytes([9, 0, 3])
TEST_IMAGES = bytes.fromhex("00000803 00000001 00000002 00000002") + bytes([255, 254, 253, 252])
TEST_LABELS = bytes.fromhex("00000801 00000001") + bytes([7])

FILES = {
    "train-images-idx3-ubyte": TRAIN_IMAGES,
    "train-labels-idx1-ubyte": TRAIN_LABELS,
    "t10k-images-idx3-ubyte": TEST_IMAGES,
    "t10k-labels-idx1-ubyte": TEST_LABELS,
}
KEYS = ("x_train", "y_train", "x_test", "y_test")
SHAPES = ((3, 2, 2), (3,), (1, 2, 2), (1,))
TINY = Publication(
    files=tuple(
        PublishedFile(name, key, shape, hashlib.sha256(data).hexdigest())
        for (name, data), key, shape in zip(FILES.items(), KEYS, SHAPES, strict=True)
    ),
    mirrors=(),
    download_bytes=0,
)


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """An empty machine, on which both datasets are tiny."""
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setitem(PUBLICATIONS, "fashion-mnist", TINY)
    monkeypatch.setitem(PUBLICATIONS, "mnist", replace(TINY, keras_npz="mnist.npz"))
    monkeypatch.setattr(payload, "_verdicts", {})
    return tmp_path


def put_files(folder, *, packed=True, **replaced):
    """Write the four files; ``replaced`` maps the start of a name (``t10k_images``) to other bytes."""
    folder.mkdir(parents=True)
    for name, data in FILES.items():
        stored = replaced.get("_".join(name.split("-")[:2]), gzip.compress(data) if packed else data)
        if stored is not None:
            (folder / (f"{name}.gz" if packed else name)).write_bytes(stored)
    return folder


def put_npz(path, **replaced):
    path.parent.mkdir(parents=True, exist_ok=True)
    offsets = (16, 8, 16, 8)
    arrays = {
        key: np.frombuffer(data, np.uint8, offset=offset).reshape(shape)
        for key, data, offset, shape in zip(KEYS, FILES.values(), offsets, SHAPES, strict=True)
    }
    arrays |= replaced
    np.savez_compressed(path, **{key: array for key, array in arrays.items() if array is not None})
    return path


def assert_tiny(dataset):
    assert dataset.train_images.dtype == dataset.test_images.dtype == np.uint8
    assert dataset.train_images[..., 0].tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 10], [11, 12]]]
    assert dataset.test_images.tolist() == [[[[255], [254]], [[253], [252]]]]
    assert dataset.train_labels.dtype == dataset.test_labels.dtype == np.int64
    assert dataset.train_labels.tolist() == [9, 0, 3]
    assert dataset.test_labels.tolist() == [7]
    for array in (dataset.train_images, dataset.train_labels, dataset.test_images, dataset.test_labels):
        assert not array.flags.writeable


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("place", ["data/fashion-mnist", "keras/datasets/fashion-mnist"])
def test_packed_and_plain_files_are_read_from_both_places(machine, place, packed):
    folder = put_files(machine / place, packed=packed)
    dataset = load_dataset("fashion-mnist", download=False)
    assert_tiny(dataset)
    assert dataset.class_names == dataset_card("fashion-mnist").class_names
    assert dataset.checksum == dataset_card("fashion-mnist").checksum
    state = dataset_state("fashion-mnist")
    assert (state.state, state.folder) == ("ready", folder)


def test_any_gzip_wrapper_of_the_same_payload_is_accepted(machine):
    put_files(machine / "data" / "mnist", train_images=gzip.compress(TRAIN_IMAGES, compresslevel=1, mtime=7))
    assert_tiny(load_dataset("mnist", download=False))


def test_the_npz_of_keras_is_held_against_the_same_digests(machine):
    path = put_npz(machine / "keras" / "datasets" / "mnist.npz")
    assert dataset_state("mnist").state == "ready"
    assert_tiny(load_dataset("mnist", download=False))
    assert dataset_state("mnist", verify=True).folder == path.parent


@pytest.mark.parametrize(
    ("replaced", "told"),
    [
        ({"x_train": np.zeros((3, 2, 2), np.uint8)}, "is altered"),
        ({"y_train": np.array([9, 0, 3], np.int16)}, "is int16 (3,), expected uint8 (3,)"),
        ({"x_test": np.zeros((1, 4), np.uint8)}, "is uint8 (1, 4), expected uint8 (1, 2, 2)"),
        ({"y_test": np.array([{}], object)}, "cannot be unpacked"),  # a pickle is never opened
        ({"y_test": np.zeros(100_000, np.uint8)}, "found 100,128"),
        ({"y_test": None}, "holds no array 'y_test'"),
    ],
)
def test_another_npz_of_that_name_is_refused(machine, replaced, told):
    put_npz(machine / "keras" / "datasets" / "mnist.npz", **replaced)
    with pytest.raises(DatasetError, match=r"mnist\.npz") as caught:
        load_dataset("mnist")
    assert told in str(caught.value)
    assert dataset_state("mnist").state == "damaged"


def test_a_truncated_npz_is_damaged(machine):
    path = put_npz(machine / "keras" / "datasets" / "mnist.npz")
    path.write_bytes(path.read_bytes()[:-30])
    assert dataset_state("mnist").state == "damaged"
    with pytest.raises(DatasetError, match=r"no \.npz archive"):
        load_dataset("mnist")


def test_the_data_folder_comes_before_keras_and_both_before_the_network(machine, monkeypatch):
    def refuse(*_):
        raise AssertionError("downloads though the files are here")

    monkeypatch.setattr(download, "download_missing", refuse)
    keras = put_files(machine / "keras" / "datasets" / "mnist")
    put_npz(machine / "keras" / "datasets" / "mnist.npz")
    assert dataset_state("mnist").folder == keras
    ours = put_files(machine / "data" / "mnist")
    assert dataset_state("mnist").folder == ours
    assert_tiny(load_dataset("mnist"))


def test_the_home_folder_is_where_keras_puts_its_files(machine, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    folder = put_files(machine / "home" / ".keras" / "datasets" / "fashion-mnist")
    assert dataset_state("fashion-mnist").folder == folder


def test_an_incomplete_folder_does_not_hide_a_complete_one(machine):
    put_files(machine / "data" / "mnist", t10k_labels=None)
    keras = put_files(machine / "keras" / "datasets" / "mnist")
    assert dataset_state("mnist").folder == keras


def test_missing_files_are_said_to_be_missing_and_where_to_put_them(machine):
    folder = put_files(machine / "data" / "mnist", t10k_labels=None)
    state = dataset_state("mnist")
    assert (state.state, state.folder) == ("missing", None)
    assert f"put t10k-labels-idx1-ubyte.gz into '{folder}'" in state.message
    with pytest.raises(DatasetError, match=r"MNIST is not on this machine\. The first training downloads it"):
        load_dataset("mnist", download=False)


def test_missing_files_are_downloaded_into_the_data_folder(machine, monkeypatch):
    calls = []

    def fetch(name, publication, folder, on_progress):
        calls.append((name, publication, folder, on_progress))
        (folder / "t10k-labels-idx1-ubyte").write_bytes(TEST_LABELS)

    monkeypatch.setattr(download, "download_missing", fetch)
    folder = put_files(machine / "data" / "fashion-mnist", t10k_labels=None)
    assert_tiny(load_dataset("fashion-mnist", on_progress=print))
    assert calls == [("fashion-mnist", TINY, folder, print)]


ALTERED = TRAIN_IMAGES[:-1] + b"\x00"


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (gzip.compress(TRAIN_IMAGES, mtime=0)[:-9], "is truncated or altered"),
        (gzip.compress(TRAIN_IMAGES, mtime=0)[:5], "is no gzip file"),
        (b"", "is no gzip file"),
        (b"<html>Please log in to this network</html>", "is no gzip file"),
        (gzip.compress(TRAIN_IMAGES + b"\x00", mtime=0), "is truncated or altered"),
        (gzip.compress(TRAIN_LABELS, mtime=0), "is truncated or altered"),
    ],
)
def test_a_packed_file_of_the_wrong_size_is_seen_at_a_glance(machine, stored, told):
    folder = put_files(machine / "data" / "fashion-mnist", train_images=stored)
    state = dataset_state("fashion-mnist")
    path = folder / "train-images-idx3-ubyte.gz"
    assert (state.state, state.folder) == ("damaged", folder)
    assert f"'{path}' {told}" in state.message
    assert "Delete it and try again" in state.message
    with pytest.raises(DatasetError, match="Delete it and try again") as caught:
        load_dataset("fashion-mnist")
    assert str(path) in str(caught.value)
    assert path.read_bytes() == stored


def test_a_plain_file_of_the_wrong_size_is_named_with_both_sizes(machine):
    put_files(machine / "data" / "mnist", packed=False, train_images=TRAIN_IMAGES[:20])
    assert "expected 28 bytes of 'train-images-idx3-ubyte', found 20" in dataset_state("mnist").message
    with pytest.raises(DatasetError, match="expected 28 bytes of 'train-images-idx3-ubyte', found 20"):
        load_dataset("mnist")


@pytest.mark.parametrize("place", ["data/mnist", "keras/datasets/mnist"])
@pytest.mark.parametrize("packed", [True, False])
def test_one_altered_byte_is_never_trained_on(machine, place, packed):
    put_files(machine / place, packed=packed, train_images=gzip.compress(ALTERED) if packed else ALTERED)
    assert dataset_state("mnist").state == "ready"  # the sizes are right
    with pytest.raises(DatasetError, match=r"train-images-idx3-ubyte.* is altered: .* SHA-256"):
        load_dataset("mnist")
    assert dataset_state("mnist").state == "damaged"  # remembered


def test_asked_to_verify_the_state_finds_an_altered_byte_and_its_repair(machine):
    path = put_files(machine / "data" / "mnist", packed=False, train_images=ALTERED) / "train-images-idx3-ubyte"
    assert dataset_state("mnist", verify=True).state == "damaged"
    path.write_bytes(TRAIN_IMAGES)  # of the same size
    os.utime(path, ns=(1, 1))
    assert dataset_state("mnist", verify=True).state == "ready"


def test_a_file_is_hashed_again_only_when_it_has_changed(machine, monkeypatch):
    put_files(machine / "data" / "mnist")
    load_dataset("mnist", download=False)

    def refuse(*_):
        raise AssertionError("reads a file that has not changed")

    monkeypatch.setattr(payload, "_read", refuse)
    assert dataset_state("mnist", verify=True).state == "ready"


@pytest.mark.parametrize("may_download", [True, False])
def test_a_damaged_file_among_missing_ones_is_told_before_a_download(machine, monkeypatch, may_download):
    def refuse(*_):
        raise AssertionError("downloads beside a damaged file")

    monkeypatch.setattr(download, "download_missing", refuse)
    put_files(machine / "data" / "mnist", train_images=gzip.compress(ALTERED), t10k_labels=None)
    with pytest.raises(DatasetError, match="is altered"):
        load_dataset("mnist", download=may_download)


def test_a_folder_in_the_place_of_a_file_is_not_a_file(machine):
    folder = put_files(machine / "data" / "mnist", t10k_labels=None)
    (folder / "t10k-labels-idx1-ubyte.gz").mkdir()
    assert dataset_state("mnist").state == "missing"


def test_a_file_that_cannot_be_read_is_named(machine, monkeypatch):
    put_files(machine / "data" / "mnist")

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DatasetError, match=r"train-images.* cannot be read .*Permission denied"):
        load_dataset("mnist")
    assert dataset_state("mnist", verify=True).state == "damaged"


def test_digits_are_always_ready():
    state = dataset_state("digits")
    assert (state.state, state.folder) == ("ready", None)


def test_an_unknown_name_is_refused_by_state_and_load():
    for call in (dataset_state, load_dataset):
        with pytest.raises(DatasetError, match="There is no dataset 'svhn'"):
            call("svhn")


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "home/.cache/cnn-lab/datasets"),
        ("linux", {"XDG_CACHE_HOME": "{tmp}/xdg"}, "xdg/cnn-lab/datasets"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "home/.cache/cnn-lab/datasets"),
        ("darwin", {}, "home/Library/Caches/cnn-lab/datasets"),
        ("win32", {"LOCALAPPDATA": "{tmp}/local"}, "local/cnn-lab/datasets"),
        ("win32", {}, "home/AppData/Local/cnn-lab/datasets"),
        ("linux", {"CNN_LAB_DATA": "{tmp}/mine"}, "mine"),
        ("linux", {"CNN_LAB_DATA": "~/mine"}, "home/mine"),
        ("linux", {"CNN_LAB_DATA": "  "}, "home/.cache/cnn-lab/datasets"),
    ],
)
def test_the_data_folder_follows_the_platform_and_the_environment(machine, monkeypatch, platform, variables, expected):
    for name in ("CNN_LAB_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp=machine))
    monkeypatch.setattr(sys, "platform", platform)
    assert data_folder() == machine / expected


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("CNN_LAB_DATA")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(folders.Path, "home", homeless)
    with pytest.raises(StorageError, match="Set CNN_LAB_DATA"):
        data_folder()


def test_the_checksum_of_a_card_comes_from_the_four_digests():
    assert dataset_checksum(file.sha256 for file in TINY.files) == (
        hashlib.sha256("".join(f"{hashlib.sha256(data).hexdigest()}\n" for data in FILES.values()).encode()).hexdigest()
    )
