"""The classic tutorial's CNN on Fashion-MNIST, trained by plain Keras: what CNN Lab is measured against.

It imports nothing of CNN Lab on purpose; beside it lies the reader of the files. Prints one line of JSON.

    python benchmarks/plain_keras.py --epochs 10 --seed 0
"""

import argparse
import json
import platform
import sys
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

sys.path.insert(0, str(Path(__file__).parent))
from idx_files import load_fashion_mnist


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
