"""Made-up files in the very format of CIFAR-10: pickles as Python 2 and NumPy 1 wrote them, in a packed archive."""

import gzip
import hashlib
import io
import struct
import tarfile
from dataclasses import replace

import numpy as np

from cnn_core.data.published import ARCHIVES, PublishedBatch

FOLDER = "cifar-10-batches-py"
NAMES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def batch_arrays(number, count=4):
    """Images (N, 32, 32, 3) uint8 and labels (N,) of the batch of that number."""
    rng = np.random.default_rng(number)
    return rng.integers(0, 256, (count, 32, 32, 3), np.uint8), rng.integers(0, 10, count)


def pickled(images, labels):
    """A batch as its publisher pickled it: red, green and blue planes, a row an image."""
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return b"".join(
        [
            b"\x80\x02}(",
            _text(b"data"),
            b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + _text(b"b") + b"\x87R",
            b"(K\x01" + _whole(rows.shape[0]) + _whole(rows.shape[1]) + b"\x86",
            b"cnumpy\ndtype\n" + _text(b"u1") + b"K\x00K\x01\x87R",
            b"(K\x03" + _text(b"|") + b"NNN" + _whole(-1) + _whole(-1) + b"K\x00tb",
            b"\x89T" + struct.pack("<i", rows.nbytes) + rows.tobytes() + b"tb",
            _text(b"labels") + b"](" + b"".join(_whole(int(label)) for label in labels) + b"e",
            b"u.",
        ]
    )


def _text(value):
    return b"U" + bytes([len(value)]) + value


def _whole(value):
    return b"J" + struct.pack("<i", value)


BATCHES = {name: pickled(*batch_arrays(number)) for number, name in enumerate(NAMES)}


def packed(batches, more=()):
    """A packed archive of files by their names."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in [*more, *((f"{FOLDER}/{name}", data) for name, data in batches.items())]:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(stream.getvalue(), mtime=0)


def published_as(data, batches, **changes):
    """What would be known of such an archive."""
    known = [PublishedBatch(name, len(one), hashlib.md5(one).hexdigest()) for name, one in batches.items()]
    return replace(
        ARCHIVES["cifar10"],
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        train=tuple(known[:-1]),
        test=known[-1],
        **changes,
    )
