"""What is known about the datasets that are published as files: sizes, digests and where to get them.

Of IDX files only the unpacked bytes are compared, never the gzip wrapper: mirrors compress the same payload
differently.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedFile:
    """One IDX file of a dataset.

    Attributes:
        name: Its official name, without ``.gz``.
        npz_key: The name of the same array in Keras's ``.npz``.
        shape: The sizes in its header: (count, rows, columns) or (count,).
        sha256: Digest of the unpacked bytes, header included.
    """

    name: str
    npz_key: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def payload_bytes(self) -> int:
        """Length of the unpacked file: a magic number, the sizes (4 bytes each), a byte a value."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape)


@dataclass(frozen=True)
class Publication:
    """A dataset that is published as four IDX files.

    Attributes:
        files: Training images, training labels, test images, test labels.
        mirrors: Addresses that serve ``<file name>.gz``, each with a closing slash, the preferred one first.
            Plain HTTP does no harm: the digest is checked before anything is kept.
        download_bytes: What a download of all four transfers, about.
        keras_npz: The file in Keras's ``datasets`` folder that holds the same arrays, if Keras keeps them so.
    """

    files: tuple[PublishedFile, PublishedFile, PublishedFile, PublishedFile]
    mirrors: tuple[str, ...]
    download_bytes: int
    keras_npz: str | None = None

    @property
    def payload_bytes(self) -> int:
        """Length of the four unpacked files together."""
        return sum(file.payload_bytes for file in self.files)


@dataclass(frozen=True)
class PublishedBatch:
    """A pickled part of a dataset, inside its archive.

    Attributes:
        name: Of the file.
        size: Bytes of it.
        md5: Digest of the file, as its publisher gives it.
    """

    name: str
    size: int
    md5: str


@dataclass(frozen=True)
class PublishedArchive:
    """A dataset that is published as one packed tar archive of pickled batches.

    Attributes:
        name: Of the archive.
        size: Bytes of it.
        sha256: Digest of it, packed as it is.
        folder: Where its files lie within it.
        train: The batches of training images, in their order.
        test: The batch of test images.
        mirrors: Addresses that serve it, each with a closing slash, the preferred one first.
        keras_archives: Where Keras keeps it, in its folder of datasets.
        keras_folders: Where Keras keeps what was in it.
    """

    name: str
    size: int
    sha256: str
    folder: str
    train: tuple[PublishedBatch, ...]
    test: PublishedBatch
    mirrors: tuple[str, ...]
    keras_archives: tuple[str, ...] = ()
    keras_folders: tuple[str, ...] = ()

    @property
    def batches(self) -> tuple[PublishedBatch, ...]:
        """All batches, that of the test images last."""
        return (*self.train, self.test)


def _four_files(
    train_images: str, train_labels: str, test_images: str, test_labels: str
) -> tuple[PublishedFile, PublishedFile, PublishedFile, PublishedFile]:
    """The four files under the names and with the sizes that MNIST and its drop-in replacements share."""
    return (
        PublishedFile("train-images-idx3-ubyte", "x_train", (60_000, 28, 28), train_images),
        PublishedFile("train-labels-idx1-ubyte", "y_train", (60_000,), train_labels),
        PublishedFile("t10k-images-idx3-ubyte", "x_test", (10_000, 28, 28), test_images),
        PublishedFile("t10k-labels-idx1-ubyte", "y_test", (10_000,), test_labels),
    )


PUBLICATIONS: dict[str, Publication] = {
    "fashion-mnist": Publication(
        files=_four_files(
            train_images="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            train_labels="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            test_images="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            test_labels="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ),
        download_bytes=30_878_645,
    ),
    "mnist": Publication(
        files=_four_files(
            train_images="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            train_labels="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            test_images="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            test_labels="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        download_bytes=11_594_722,
        keras_npz="mnist.npz",
    ),
}

ARCHIVES: dict[str, PublishedArchive] = {
    "cifar10": PublishedArchive(
        name="cifar-10-python.tar.gz",
        size=170_498_071,
        sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        folder="cifar-10-batches-py",
        train=(
            PublishedBatch("data_batch_1", 31_035_704, "c99cafc152244af753f735de768cd75f"),
            PublishedBatch("data_batch_2", 31_035_320, "d4bba439e000b95fd0a9bffe97cbabec"),
            PublishedBatch("data_batch_3", 31_035_999, "54ebc095f3ab1f0389bbae665268c751"),
            PublishedBatch("data_batch_4", 31_035_696, "634d18415352ddfa80567beed471001a"),
            PublishedBatch("data_batch_5", 31_035_623, "482c414d41f54cd18b22e5b47cb7c3cb"),
        ),
        test=PublishedBatch("test_batch", 31_035_526, "40351d587109b95175f43aff81a1287e"),
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
        # Since Keras 3, and before it.
        keras_archives=("cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz"),
        keras_folders=("cifar-10-batches-py-target/cifar-10-batches-py", "cifar-10-batches-py"),
    ),
}
