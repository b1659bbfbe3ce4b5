"""The whole script, put together from its parts."""

from __future__ import annotations

from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.own.store import own_folder
from cnn_core.script.augmentation import augmentation_code
from cnn_core.script.code import KERAS, PREDICTION_BATCH, assignment, call, in_docstring, indented, literal, names_in
from cnn_core.script.data import batches_code, data_code, is_one_hot, is_split, split_call
from cnn_core.script.learning import (
    averages_code,
    has_rates,
    is_plateau_alone,
    keeper_name,
    keeping_code,
    muon_code,
    optimizer_call,
    optimizer_code,
    plain_loss,
    plateau_callback,
    rates_code,
    smooths_in_loss,
)
from cnn_core.script.teachers import targets_code, teachers_code, teachers_paths
from cnn_core.script.transfer import model_code, source_model, trainable_code
from cnn_core.training.stages import stages

# A name that the script uses, and the line that brings it; in ruff's order.
_IMPORTS = (
    {
        "json": "import json",
        "math": "import math",
        "Counter": "from collections import Counter",
        "Callable": "from collections.abc import Callable",
        "Any": "from typing import Any",
    },
    {
        "cv2": "import cv2",
        "keras": "import keras",
        "np": "import numpy as np",
        "tf": "import tensorflow as tf",
        "layers": "from keras import layers",
        "load_digits": "from sklearn.datasets import load_digits",
        "train_test_split": "from sklearn.model_selection import train_test_split",
    },
)


def script_name(config: RunConfig) -> str:
    """What the script's file is best called, without ``.py``."""
    return f"{config.dataset}-{config.preset}"


def training_script(config: RunConfig) -> str:
    """A Keras script that stands alone and trains this run: same images, batches, network, initial weights and steps.

    It needs Keras with TensorFlow, NumPy and scikit-learn, OpenCV for sketches, nothing of CNN Lab; it saves the
    network and prints the accuracy on the test images as JSON, on its last line. Only what the run uses is in it. What
    somebody does while a run trains (another learning rate, a stop) is not part of its configuration, and so not of the
    script. It computes in float32 where the run may use bfloat16: slower on some processors, and right on all.

    Args:
        config: The run.

    Raises:
        ConfigError: The dataset cannot be read by a script, the network does not fit the images, or there is no script
            yet for what the run does with its teachers.
        DatasetError: The dataset is unknown.
        RunError: A run that it takes features from, or a teacher, is gone.
    """
    card = dataset_card(config.dataset)
    parts = [
        *data_code(config),
        *augmentation_code(config.augmentation),
        teachers_code(config),
        batches_code(config),
        "\n".join(model_code(config, (card.height, card.width, card.channels), len(card.class_names))),
        "\n".join(trainable_code(config)),
        muon_code(config.training),
        "\n".join(optimizer_code(config.training)),
        *rates_code(config),
        "\n".join(keeping_code(config)),
        averages_code(config),
        "\n".join(_main(config)),
    ]
    body = "\n\n\n".join(part for part in parts if part)
    used = names_in(body)
    settings = {name: value for name, value in _settings(config).items() if name in used}
    title = in_docstring(card.title)
    header = [
        f'"""{title}, learned by the network "{config.preset}" in plain Keras, as CNN Lab trains it.',
        "",
        f'Needs: pip install "{KERAS}" tensorflow scikit-learn{" opencv-python-headless" * ("cv2" in used)}',
        '"""',
        "",
        *_imports(used),
        *(line for name, value in settings.items() for line in assignment(name, value)),
    ]
    return "\n".join([*header, "", "", body, "", "", 'if __name__ == "__main__":', "    main()"]) + "\n"


def _imports(used: set[str]) -> list[str]:
    """The groups of imports that bring the names, an empty line after each."""
    lines: list[str] = []
    for group in _IMPORTS:
        lines += [line for name, line in group.items() if name in used] + [""]
    return lines


def _settings(config: RunConfig) -> dict[str, object]:
    """Every setting that a script may use, by the name it has there, in the order of the form."""
    training = config.training
    continuations = tuple((more.after_epoch, more.epochs, more.learning_rate) for more in training.continuations)
    settings: dict[str, object] = {
        "FOLDER": str(own_folder(config.dataset).absolute()),
        "SEED": config.seed,
        "CLASS_NAMES": dataset_card(config.dataset).class_names,
        "CLASSES": len(dataset_card(config.dataset).class_names),
        "VALIDATION_SHARE": training.validation_share,
        "TRAIN_SHARE": training.train_share,
        "EPOCHS": training.epochs,
        "CONTINUATIONS": continuations,  # (after epoch, epochs, learning rate)
        "TOTAL_EPOCHS": training.total_epochs,
        "BATCH_SIZE": training.batch_size,
        "LEARNING_RATE": training.learning_rate,
        "MOMENTUM": training.momentum,
        "DECAY_FACTOR": training.decay_factor,
        "DECAY_EPOCHS": training.decay_epochs,
        "FINAL_SHARE": training.final_share,
        "WARM_UP_SHARE": training.warm_up_share,
        "WEIGHT_DECAY": training.weight_decay,
        "CLIP_NORM": training.clip_norm,
        "LABEL_SMOOTHING": training.label_smoothing,
        "TEACHERS": teachers_paths(config),
        "TEACHER_SHARE": training.teacher_share,
        "EMA_DECAY": training.ema_decay,
        "PATIENCE": training.patience,
    }
    if config.transfer is not None:
        settings |= {
            "SOURCE": source_model(config),
            "HEAD_EPOCHS": config.transfer.head_epochs,
            "FINE_TUNE_RATE": config.transfer.fine_tune_rate,
            "FROZEN_SHARE": getattr(config.transfer, "frozen_share", 0.0),
            # (first epoch, counted from 0; the epoch after the last; whether what was taken rests)
            "STAGES": tuple((stage.first_epoch - 1, stage.last_epoch, stage.head_only) for stage in stages(config)),
        }
    return settings | {name.upper(): value for name, value in config.augmentation.model_dump().items()}


def _main(config: RunConfig) -> list[str]:
    training = config.training
    labels = "targets" if is_one_hot(config) else "labels"
    lines = ["tf.config.experimental.enable_op_determinism()"] if training.deterministic else []
    lines += ["train_images, train_labels, test_images, test_labels = load_data()"]
    if is_split(config):
        found = "train, validation" if training.protocol == "validation" else "train"
        lines.append(f"{found} = {split_call(config)}")
    if is_one_hot(config):
        lines.append('one_hot = np.eye(CLASSES, dtype="float32")')
        lines.append("train_targets, test_targets = one_hot[train_labels], one_hot[test_labels]")
    of_train = "[train]" if is_split(config) else ""
    batches = [f"train_images{of_train}", f"train_{labels}{of_train}"]
    if training.teachers:
        lines += targets_code(config, of_train)
        batches[1:] = ["targets", *(["own_targets"] if config.augmentation.sketches else [])]
    if config.augmentation.sketches:
        lines.append("sketches = make_sketches(CLASS_NAMES, train_images.shape[1:], SKETCHES_OF_A_CLASS, SEED)")
        batches.append("sketches")
    fit: dict[str, str] = {}
    if training.class_weights != "none":
        lines.append(f"counts = np.bincount(train_labels{of_train}, minlength=CLASSES)")
        weights = "counts.sum() / (CLASSES * counts)"
        if config.augmentation.mixes_labels:
            batches.append(f'({weights}).astype("float32")')
        else:
            fit["class_weight"] = f"dict(enumerate({weights}))"
    lines += call("Batches", *batches, inside=1, before="batches = ")
    lines += [
        "",
        "keras.utils.set_random_seed(SEED)  # decides the initial weights, and what dropout drops",
        "model = build_model()",
        *([f"keeper = {keeper_name(training)}()"] if keeping_code(config) else []),
        *(plateau_callback(training) if is_plateau_alone(config) else []),
        *_fit(config, labels, fit),
        *(["model.set_weights(keeper.weights)"] if training.keeps_best else []),
        "",
        f"model.save({literal(script_name(config) + '.keras')})",
        *call(
            "model.evaluate",
            "test_images",
            f"test_{labels}",
            named={"batch_size": str(PREDICTION_BATCH), "verbose": "0", "return_dict": "True"},
            inside=1,
            before="results = ",
        ),
        f'print(json.dumps({{"test_accuracy": results["accuracy"], "test_loss": results["{plain_loss(training)}"]}}))',
    ]
    return ["def main():", '    """Train, save the network, and answer the test images once."""', *indented(lines)]


def _fit(config: RunConfig, labels: str, more: dict[str, str]) -> list[str]:
    """Compiling and fitting: once, or stage by stage where the head learns first."""
    training = config.training
    watched = ("train_{}[validation]" if training.protocol == "validation" else "test_{}").format
    epochs = {"epochs": "TOTAL_EPOCHS" if training.continuations else "EPOCHS"}
    callbacks = f"[{', '.join(_callbacks(config))}]"
    if config.transfer is not None:
        epochs = {"initial_epoch": "first_epoch", "epochs": "last_epoch"}
    named = {
        **epochs,
        "validation_data": f"({watched('images')}, {watched(labels)})",
        "validation_batch_size": str(PREDICTION_BATCH),
        **more,
        **({} if callbacks == "[]" else {"callbacks": "callbacks" if config.transfer else callbacks}),
    }
    fit = [
        *_compile(config, labels == "targets", inside=1 if config.transfer is None else 2),
        "model.fit(",
        "    batches,",
        *(f"    {name}={value}," for name, value in named.items()),
        "    shuffle=False,  # the batches are shuffled already",
        "    verbose=2,",
        ")",
    ]
    if config.transfer is None:
        return fit
    return [
        *([] if callbacks == "[]" else [f"callbacks = {callbacks}"]),
        "for first_epoch, last_epoch, is_head_only in STAGES:",
        "    set_trainable(model, is_head_only)",
        *indented(fit),
        *(["    if model.stop_training:", "        break"] if training.patience else []),
    ]


def _compile(config: RunConfig, is_one_hot: bool, inside: int) -> list[str]:
    smoothing = {"label_smoothing": "LABEL_SMOOTHING"} if smooths_in_loss(config.training) else {}
    loss = "keras.losses." + ("CategoricalCrossentropy" if is_one_hot else "SparseCategoricalCrossentropy")
    metrics = ['"accuracy"']
    if smoothing:
        # What the validation is judged by has no smoothing in it.
        metrics += call(
            "keras.metrics.CategoricalCrossentropy", literal("cross_entropy"), named={"from_logits": "True"}
        )
    optimizer = optimizer_call(config.training, inside=inside, before="optimizer=", after=",")
    if optimizer_code(config.training):
        optimizer = ["    optimizer=build_optimizer(),"]
    return [
        "model.compile(",
        *optimizer,
        *call(loss, named={"from_logits": "True", **smoothing}, depth=1, inside=inside, before="loss=", after=","),
        f"    metrics=[{', '.join(metrics)}],",
        ")",
    ]


def _callbacks(config: RunConfig) -> list[str]:
    found = []
    if has_rates(config):
        found.append("LearningRates(learning_rates(len(batches)))")
    if is_plateau_alone(config):
        found.append("plateau")
    if keeping_code(config):
        found.append("keeper")
    if config.training.ema_decay:
        found.append("Averages()")
    return found
