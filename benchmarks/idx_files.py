"""Read Fashion-MNIST without a library for it, for the scripts that CNN Lab is measured against."""

import gzip
import os
from pathlib import Path

import numpy as np

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)

Part = tuple[np.ndarray, np.ndarray]


def read_idx(path: Path) -> np.ndarray:
    """Read a gzipped IDX file of unsigned bytes: two zeros, the type, the rank, the sizes, the values."""
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    shape = np.frombuffer(content, ">u4", count=rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load_fashion_mnist() -> tuple[Part, Part]:
    """Load from ``CNN_LAB_DATA/fashion-mnist`` or Keras's cache; where it is in neither, Keras downloads it."""
    homes = (os.environ.get("CNN_LAB_DATA"), Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets")
    for home in filter(None, homes):
        files = [Path(home) / "fashion-mnist" / name for name in FILES]
        if all(file.is_file() for file in files):
            train_images, train_labels, test_images, test_labels = map(read_idx, files)
            return (train_images, train_labels), (test_images, test_labels)
    import keras

    return keras.datasets.fashion_mnist.load_data()
