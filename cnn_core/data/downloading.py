"""A dataset is downloaded in the background, for whoever wants to look at it before training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.jobs.work import CancelledError, Work

if TYPE_CHECKING:
    from cnn_core.data.download import DownloadProgress

DOWNLOAD = "download"


class Downloaded(BaseModel):
    """What came of it: images to train on and to test with."""

    train_count: int
    test_count: int


def download_dataset(work: Work) -> Downloaded:
    """Download what is missing of the dataset that the request names (``settings["dataset"]``), and verify it.

    Raises:
        CancelledError: Somebody wants it no longer.
        DatasetError: It cannot be downloaded, or what lies here is damaged.
        StorageError: The data folder cannot be written.
    """
    name = str(work.job.job_request().settings["dataset"])
    title = dataset_card(name).title

    def tell(progress: DownloadProgress) -> None:
        if work.should_stop():
            raise CancelledError
        done, total = progress.bytes_done, max(progress.bytes_total, 1)
        work.tell(done / total, f"Downloading {title}: {done / 1e6:.0f} of {total / 1e6:.0f} MB unpacked")

    dataset = load_dataset(name, on_progress=tell)
    return Downloaded(train_count=len(dataset.train_images), test_count=len(dataset.test_images))
