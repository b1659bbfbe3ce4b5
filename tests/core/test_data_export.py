"""A dataset as a ZIP, and its data card: nothing of it is lost on the way out and in again."""

import csv
import io
import re
import time
import zipfile

import numpy as np
import pytest

from cnn_core.data import downloading
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.data_card import data_card_text
from cnn_core.data.downloading import Downloaded, download_dataset
from cnn_core.data.export import dataset_zip
from cnn_core.data.load import load_dataset
from cnn_core.errors import DatasetError
from cnn_core.jobs.job import JobRequest, JobStatus
from cnn_core.jobs.store import new_folder
from cnn_core.jobs.work import CancelledError, Heart
from tests.own_pictures import brought, class_folders

CLASSES = ("coat", "Пальто", "a|b", "con")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_dataset_comes_in_again_as_it_went_out(tmp_path, channels):
    brought(class_folders(tmp_path / "pictures", CLASSES), channels=channels)
    file = tmp_path / "mine.zip"
    file.write_bytes(b"".join(dataset_zip("mine")))
    assert zipfile.ZipFile(file).testzip() is None
    brought(file, name="again", channels=channels)
    before, after = load_dataset("mine"), load_dataset("again")
    assert after.class_names == before.class_names == tuple(sorted(CLASSES, key=str.casefold))
    for part in ("train_images", "train_labels", "test_images", "test_labels"):
        np.testing.assert_array_equal(getattr(after, part), getattr(before, part))
    assert after.checksum == before.checksum


def test_the_table_names_every_image_and_its_part(tmp_path):
    brought(class_folders(tmp_path / "pictures", CLASSES))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(dataset_zip("mine"))))
    rows = list(csv.DictReader(io.StringIO(archive.read("labels.csv").decode())))
    pictures = [name for name in archive.namelist() if name.endswith(".png")]
    assert [row["file"] for row in rows] == pictures
    assert {row["label"] for row in rows} == set(CLASSES)
    dataset = load_dataset("mine")
    assert [row["split"] for row in rows].count("test") == len(dataset.test_images)
    # A device of Windows is no name of a folder.
    assert {row["file"].split("/")[1] for row in rows if row["label"] == "con"} == {"_con"}


def test_a_built_in_dataset_goes_out_too():
    archive = zipfile.ZipFile(io.BytesIO(b"".join(dataset_zip("digits"))))
    assert len([name for name in archive.namelist() if name.endswith(".png")]) == 1_797
    assert "Digits 8×8" in archive.read("README.md").decode()


def test_a_dataset_that_is_not_there_is_told_before_anything_is_sent():
    with pytest.raises(DatasetError, match="MNIST is not on this machine"):
        dataset_zip("mnist")


def test_the_card_says_where_the_images_come_from_and_how_they_came_about(tmp_path):
    brought(
        class_folders(tmp_path / "pictures", CLASSES), licence="CC0", origin="my phone", description="Coats.", fit="pad"
    )
    card = dataset_card("mine")
    text = data_card_text(card, load_dataset("mine"))
    for said in ("# Mine", "Coats.", "CC0", "my phone", "| coat | 5 | 1 |", "a\\|b", card.checksum, "black borders"):
        assert said in text


def test_what_people_wrote_is_no_markdown_in_the_card(tmp_path):
    picture = "![x](https://elsewhere.example/seen.png)"
    told = {"title": picture, "description": f"<img src=x>\n\n# {picture}", "licence": picture, "origin": picture}
    brought(class_folders(tmp_path / "pictures", ("![x](seen.png)", "dog|<b>")), **told)
    text = data_card_text(dataset_card("mine"), load_dataset("mine"))
    assert not re.search(r"(?<!\\)[\[\]<>]", text)
    assert text.count(r"!\[x\](https://elsewhere.example/seen.png)") == 4
    assert r"| !\[x\](seen.png) | 5 | 1 |" in text
    assert r"| dog\|\<b\> | 5 | 1 |" in text


def test_a_card_without_a_licence_says_what_that_means(tmp_path):
    brought(class_folders(tmp_path / "pictures", CLASSES))
    assert "ask whoever made the pictures" in data_card_text(dataset_card("mine"), load_dataset("mine"))


# Download in the background


def job(dataset):
    path = new_folder("download", dataset)
    request = JobRequest(kind="download", key=dataset, settings={"dataset": dataset}, created=time.time())
    (path / "request.json").write_text(request.model_dump_json())
    return path


class Told(Heart):
    """What the work says, without a process around it."""

    def __init__(self, job):
        super().__init__(job)
        self.said = []

    def tell(self, share, doing=""):
        self.said.append((share, doing))


@pytest.fixture
def work():
    from cnn_core.jobs.job import Job

    told = Told(Job(job("mnist")))
    told.job.write_status(JobStatus(heartbeat=time.time()))
    return told


def test_a_download_tells_how_far_it_is(monkeypatch, work):
    from cnn_core.data.download import DownloadProgress

    def load(name, on_progress):
        assert name == "mnist"
        on_progress(DownloadProgress("mnist", "train", 25_000_000, 100_000_000))
        return load_dataset("digits")

    monkeypatch.setattr(downloading, "load_dataset", load)
    assert download_dataset(work) == Downloaded(train_count=1_437, test_count=360)
    assert work.said == [(0.25, "Downloading MNIST: 25 of 100 MB unpacked")]


def test_a_download_can_be_cancelled(monkeypatch, work):
    from cnn_core.data.download import DownloadProgress

    monkeypatch.setattr(work, "should_stop", lambda: True)
    monkeypatch.setattr(
        downloading, "load_dataset", lambda _name, on_progress: on_progress(DownloadProgress("mnist", "x", 1, 2))
    )
    with pytest.raises(CancelledError):
        download_dataset(work)
