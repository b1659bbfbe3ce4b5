"""CIFAR-10 by name: found, verified and read, from made-up files in its very format."""

import os
import pickle

import numpy as np
import pytest

from cnn_core.data import archives, fetch
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import dataset_state, load_dataset
from cnn_core.data.published import ARCHIVES
from cnn_core.data.unpickle import UnpickleError, read_batch
from cnn_core.errors import DatasetError
from tests.core.cifar_files import BATCHES, FOLDER, NAMES, batch_arrays, packed, pickled, published_as

ARCHIVE = packed(BATCHES, more=[("../outside", b"never written"), (f"{FOLDER}/readme.html", b"<html>")])


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """An empty machine, on which CIFAR-10 has 20 training and 4 test images."""
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(archives, "_verdicts", {})
    monkeypatch.setitem(ARCHIVES, "cifar10", published_as(ARCHIVE, BATCHES))
    return tmp_path


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def put_folder(folder, **replaced):
    for name, data in {**BATCHES, **replaced}.items():
        put(folder / name, data)
    return folder


def assert_whole(dataset):
    images, labels = zip(*(batch_arrays(number) for number in range(5)), strict=True)
    np.testing.assert_array_equal(dataset.train_images, np.concatenate(images))
    np.testing.assert_array_equal(dataset.train_labels, np.concatenate(labels))
    np.testing.assert_array_equal(dataset.test_images, batch_arrays(5)[0])
    np.testing.assert_array_equal(dataset.test_labels, batch_arrays(5)[1])
    assert (dataset.train_images.dtype, dataset.train_labels.dtype) == (np.uint8, np.int64)
    assert dataset.train_images.flags.c_contiguous
    assert dataset.checksum == dataset_card("cifar10").checksum


@pytest.mark.parametrize(
    ("place", "is_packed"),
    [
        ("data/cifar10/cifar-10-python.tar.gz", True),
        ("data/cifar10/cifar-10-batches-py", False),
        ("keras/datasets/cifar-10-batches-py-target_archive", True),
        ("keras/datasets/cifar-10-batches-py-target/cifar-10-batches-py", False),
        ("keras/datasets/cifar-10-batches-py.tar.gz", True),
        ("keras/datasets/cifar-10-batches-py", False),
    ],
)
def test_it_is_found_where_people_and_keras_put_it(machine, place, is_packed):
    assert dataset_state("cifar10").state == "missing"
    if is_packed:
        put(machine / place, ARCHIVE)
    else:
        put_folder(machine / place)
    state = dataset_state("cifar10", verify=True)
    assert (state.state, state.folder) == ("ready", (machine / place).parent if is_packed else machine / place)
    before = sorted(machine.rglob("*"))
    assert_whole(load_dataset("cifar10", download=False))
    assert sorted(machine.rglob("*")) == before  # nothing is extracted


def test_what_keras_downloads_is_what_we_look_for():
    from inspect import getsource

    from keras.src.datasets import cifar10

    source = getsource(cifar10)
    real = published_as(ARCHIVE, BATCHES)
    assert real.keras_archives[0] == "cifar-10-batches-py-target_archive"
    assert 'dirname = "cifar-10-batches-py-target"' in source
    assert "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce" in source


def test_where_it_is_missing_the_message_says_what_to_put_where():
    with pytest.raises(DatasetError, match=r"170 MB.*put cifar-10-python\.tar\.gz into '.*data/cifar10'"):
        load_dataset("cifar10", download=False)


def flipped(data):
    """The same length, one bit another one."""
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


@pytest.mark.parametrize(
    ("data", "told"),
    [(ARCHIVE[:-100], "is truncated"), (flipped(ARCHIVE), "expected the SHA-256"), (b"", "found 0")],
    ids=["truncated", "altered", "empty"],
)
def test_a_damaged_archive_is_never_unpacked(machine, data, told):
    put(machine / "data/cifar10/cifar-10-python.tar.gz", data)
    with pytest.raises(DatasetError, match=told):
        load_dataset("cifar10")
    state = dataset_state("cifar10")
    assert state.state == "damaged"
    assert "Delete it and try again" in state.message


def test_a_damaged_batch_is_never_unpickled(machine, monkeypatch):
    def refuse(*_):
        raise AssertionError("unpickles what is not the published file")

    monkeypatch.setattr(archives, "read_batch", refuse)
    put_folder(machine / "data/cifar10" / FOLDER, data_batch_1=flipped(BATCHES["data_batch_1"]))
    assert dataset_state("cifar10").state == "ready"  # the size is right
    assert dataset_state("cifar10", verify=True).state == "damaged"
    with pytest.raises(DatasetError, match=r"data_batch_1' is altered: expected the MD5"):
        load_dataset("cifar10")


def test_an_archive_without_a_batch_is_told(machine, monkeypatch):
    batches = {name: data for name, data in BATCHES.items() if name != "data_batch_4"}
    data = packed(batches)
    monkeypatch.setitem(ARCHIVES, "cifar10", published_as(data, BATCHES))
    put(machine / "data/cifar10/cifar-10-python.tar.gz", data)
    with pytest.raises(DatasetError, match=f"holds no '{FOLDER}/data_batch_4'"):
        load_dataset("cifar10")


class Evil:
    def __reduce__(self):
        return os.system, ("echo never",)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (pickle.dumps(Evil()), r"asks for '(posix|nt).system'"),
        (pickle.dumps({b"data": np.array([Evil()], object)}, 4), "asks for"),
        (pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 10]}, 4), "label from 0 to 9"),
        (pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0]}, 4), "each of its 2 images"),
        (pickle.dumps({b"data": np.zeros((2, 3071), np.uint8), b"labels": [0, 1]}, 4), "no images of 32×32"),
        (pickle.dumps([1, 2]), "no dictionary"),
        (b"", "cannot be unpickled"),
        (b"<html>Please log in</html>", "cannot be unpickled"),
    ],
)
def test_a_pickle_can_ask_for_arrays_and_nothing_else(data, told):
    with pytest.raises(UnpickleError, match=told):
        read_batch(data, 10)


def test_numpy_2_writes_what_is_read_too():
    images, labels = batch_arrays(7)
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    written = pickle.dumps({b"data": rows, b"labels": labels.tolist()}, 4)
    for data in (written, pickled(images, labels)):
        np.testing.assert_array_equal(read_batch(data, 10).images, images)


def test_it_is_downloaded_with_progress_and_kept_packed(machine, monkeypatch):
    steps = []

    class Response:
        headers = None
        sent = 0

        def read(self, count):
            piece = ARCHIVE[self.sent : self.sent + count]
            self.sent += len(piece)
            return piece

        def close(self):
            pass

    monkeypatch.setattr(fetch, "_open", lambda _url: Response())
    assert_whole(load_dataset("cifar10", on_progress=steps.append))
    assert (machine / "data/cifar10/cifar-10-python.tar.gz").read_bytes() == ARCHIVE
    assert steps[-1].bytes_done == steps[-1].bytes_total == len(ARCHIVE)
    assert dataset_state("cifar10").state == "ready"


def test_a_download_that_is_not_the_published_file_is_not_kept(machine, monkeypatch):
    class Response:
        headers = None
        pieces = (flipped(ARCHIVE), b"")

        def read(self, _count):
            piece, *rest = self.pieces
            self.pieces = rest or (b"",)
            return piece

        def close(self):
            pass

    monkeypatch.setattr(fetch, "_open", lambda _url: Response())
    with pytest.raises(DatasetError, match=r"altered data.*put cifar-10-python\.tar\.gz into"):
        load_dataset("cifar10")
    assert not (machine / "data/cifar10/cifar-10-python.tar.gz").exists()


def test_the_card_is_that_of_photos():
    card = dataset_card("cifar10")
    assert (card.frame.background, card.frame.shape) == ("natural", (32, 32, 3))
    assert card.is_mirrored_alike
    assert len(card.class_names) == 10
    assert NAMES[-1] == "test_batch"
