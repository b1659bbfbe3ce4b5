"""The classic tutorial's CNN on Fashion-MNIST, trained by plain Keras: what CNN Lab is measured against.

Stands alone on purpose: it imports nothing of CNN Lab. Prints one line of JSON.

    python benchmarks/plain_keras.py --epochs 10 --seed 0
"""

import argparse
import gzip
import json
import os
import platform
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


def read_idx(path: Path) -> np.ndarray:
    """Read a gzipped IDX file of unsigned bytes: two zeros, the type, the rank, the sizes, the values."""
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    shape = np.frombuffer(content, ">u4", count=rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load_fashion_mnist() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Load from ``CNN_LAB_DATA/fashion-mnist``, else as the tutorials do: Keras's cache, or the network."""
    folder = Path(os.environ.get("CNN_LAB_DATA", "")) / "fashion-mnist"
    if not os.environ.get("CNN_LAB_DATA") or not folder.is_dir():
        return keras.datasets.fashion_mnist.load_data()
    return (
        (read_idx(folder / "train-images-idx3-ubyte.gz"), read_idx(folder / "train-labels-idx1-ubyte.gz")),
        (read_idx(folder / "t10k-images-idx3-ubyte.gz"), read_idx(folder / "t10k-labels-idx1-ubyte.gz")),
    )


def build_model() -> keras.Model:
    """Build the tutorials' network: 241,546 parameters."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(128, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def main() -> None:
    """Train, and print what came out."""
    parser = argparse.ArgumentParser(description="The classic tutorial's CNN, by plain Keras.")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(arguments.seed)
    (x_train, y_train), (x_test, y_test) = load_fashion_mnist()
    x_train = x_train[..., np.newaxis].astype("float32") / 255
    x_test = x_test[..., np.newaxis].astype("float32") / 255

    model = build_model()
    start = time.perf_counter()
    history = model.fit(
        x_train,
        y_train,
        epochs=arguments.epochs,
        batch_size=64,
        validation_data=(x_test, y_test),
        verbose=0,
    )
    seconds = time.perf_counter() - start

    result = {
        "test_accuracy": history.history["val_accuracy"][-1],
        "test_loss": history.history["val_loss"][-1],
        "seconds": seconds,
        "parameters": model.count_params(),
        "epochs": arguments.epochs,
        "seed": arguments.seed,
        "versions": {
            "python": platform.python_version(),
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
            "numpy": np.__version__,
        },
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
