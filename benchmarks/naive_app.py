"""A Streamlit app as one writes it first: it trains inside the script run, with a chart that grows by an epoch.

What CNN Lab is measured against, beside the plain script. Stands alone but for the script whose network it trains.
`python benchmarks/naive_app.py --epochs 10` runs it as a session would, by Streamlit's own AppTest, and prints JSON.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def page() -> None:
    """The app."""
    import keras
    import numpy as np
    import streamlit as st
    from plain_keras import build_model, load_fashion_mnist

    st.title("Fashion-MNIST")
    epochs = st.number_input("Epochs", 1, 100, 10)
    seed = st.number_input("Seed", 0, 100, 0)
    if not st.button("Train"):
        return
    keras.utils.set_random_seed(seed)
    (x_train, y_train), (x_test, y_test) = load_fashion_mnist()
    x_train = x_train[..., np.newaxis].astype("float32") / 255
    x_test = x_test[..., np.newaxis].astype("float32") / 255
    rows: list[dict[str, float]] = []
    place = st.empty()

    def draw(_: int, logs: dict[str, float]) -> None:
        rows.append({"accuracy": logs["accuracy"], "val_accuracy": logs["val_accuracy"]})
        place.line_chart(rows)

    model = build_model()
    model.fit(
        x_train,
        y_train,
        epochs=epochs,
        batch_size=64,
        validation_data=(x_test, y_test),
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=draw)],
    )
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    st.json({"test_accuracy": accuracy, "test_loss": loss, "epochs": epochs})


def main() -> None:
    """Open the app, press its button, print what it shows."""
    from streamlit.testing.v1 import AppTest

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    app = AppTest.from_function(page, default_timeout=24 * 3600).run()
    app.number_input[0].set_value(asked.epochs)
    app.number_input[1].set_value(asked.seed)
    app.button[0].click().run()
    if app.exception:
        sys.exit(app.exception[0].value)
    print(json.dumps(json.loads(app.json[0].value)))


if __name__ == "__main__":
    main()
