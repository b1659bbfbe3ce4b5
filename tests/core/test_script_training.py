"""The script learns what the app learns, in the same process and in one of its own."""

import contextlib
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.folders import data_folder
from cnn_core.data.load import load_dataset
from cnn_core.errors import ConfigError
from cnn_core.evaluation.measures import accuracy
from cnn_core.models.presets import preset_config
from cnn_core.script import script_name, training_script
from tests.core.script_cases import ADDED, MODELS, SHOWCASE, built, executed, small
from tests.fixtures import finished_run
from tests.own_data import own_dataset


def app_learns(config):
    """Train as the app's worker does. Returns the model and its accuracy on the test images."""
    from cnn_core.training.callbacks import Callbacks
    from cnn_core.training.distillation import ask_teachers
    from cnn_core.training.fit import fit
    from cnn_core.training.predicting import predict_logits
    from cnn_core.training.setup import training_data

    dataset = load_dataset(config.dataset)
    data = ask_teachers(training_data(dataset, config), config)
    model = built(config)
    fit(model, data, config, Callbacks())
    return model, accuracy(dataset.test_labels, predict_logits(model, dataset.test_images))


def script_learns(config, folder):
    """Run the script here. Returns the model that it saved and the accuracy that it printed."""
    import keras

    output = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(output):
        executed(config)["main"]()
        model = keras.saving.load_model(f"{script_name(config)}.keras", compile=False)
    return model, json.loads(output.getvalue().splitlines()[-1])["test_accuracy"]


# The three blocks that are taken from the showcase, and no more behind them than it takes.
TAKING = {
    "blocks": [
        *preset_config("strong", dataset_card("digits")).model_dump()["model"]["blocks"][:3],
        {"kind": "dense", "units": 16},
    ]
}
TRAINED = {
    "plain": small(),
    "sgd, cosine": small(
        training={"optimizer": "sgd", "schedule": "cosine", "weight_decay": 0.01, "clip_norm": 1.0, "epochs": 3}
    ),
    "one-cycle, smoothing, averages, early stop": small(
        training={
            "optimizer": "adamw",
            "schedule": "one-cycle",
            "loss": "categorical_crossentropy",
            "label_smoothing": 0.1,
            "ema_decay": 0.9,
            "patience": 1,
            "monitor": "val_loss",
            "class_weights": "balanced",
            "epochs": 6,
            "learning_rate": 0.01,
        }
    ),
    "mixed": small(
        augmentation={"mixup": 0.4, "cutmix": 0.4, "shift_pixels": 1}, training={"class_weights": "balanced"}
    ),
    "muon": small(training={"optimizer": "muon", "learning_rate": 0.01, "weight_decay": 0.01}),
    "plateau": small(
        training={"optimizer": "rmsprop", "schedule": "plateau", "decay_epochs": 1, "epochs": 6, "restore_best": False}
    ),
    "continued": small(
        training={
            "schedule": "plateau",
            "decay_epochs": 1,
            "patience": 2,
            "learning_rate": 0.02,
            "continuations": ADDED,
        }
    ),
    "blocks": small(model=MODELS[0], augmentation={"rotate_degrees": 10.0}, training={"protocol": "tutorial"}),
    "transfer, averages that keep the start": small(
        "strong",
        model=TAKING,
        transfer=SHOWCASE,
        training={"epochs": 3, "train_share": 0.1, "ema_decay": 0.99, "ema_warm_up": False},
    ),
    "transfer, averages, patience and plateaus": small(
        "strong",
        model=TAKING,
        transfer={**SHOWCASE, "head_epochs": 3},
        training={
            "epochs": 6,
            "train_share": 0.1,
            "schedule": "plateau",
            "decay_epochs": 1,
            "patience": 2,
            "ema_decay": 0.5,
        },
    ),
}


@pytest.mark.parametrize("config", TRAINED.values(), ids=TRAINED.keys())
def test_the_script_learns_the_weights_that_the_app_learns(config, tmp_path):
    ours, our_accuracy = app_learns(config)
    theirs, their_accuracy = script_learns(config, tmp_path)
    assert their_accuracy == pytest.approx(our_accuracy, abs=0.01)
    for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3, rtol=1e-2)


def own_config(**sections):
    settings = {"training": {"epochs": 3, "batch_size": 16, "validation_share": 0.2}, **sections}
    return preset_config("mlp", dataset_card("own"), **settings)


@pytest.mark.parametrize(
    "more",
    [{"augmentation": {"mixup": 0.4}, "training": {"label_smoothing": 0.1}}, {"training": {"teacher_share": 0.5}}],
    ids=["smoothed and mixed", "as they are"],
)
def test_the_script_learns_from_the_same_teachers(more, tmp_path):
    teachers = [finished_run(save=built(small(seed=seed)).save) for seed in (3, 4)]
    training = {"loss": "categorical_crossentropy", "teachers": tuple(run.id for run in teachers), **more["training"]}
    config = small(**{**more, "training": training})
    ours, our_accuracy = app_learns(config)
    theirs, their_accuracy = script_learns(config, tmp_path)
    assert their_accuracy == pytest.approx(our_accuracy, abs=0.01)
    for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3, rtol=1e-2)


def test_a_script_that_cannot_be_written_yet_is_refused_with_a_way_out():
    shuffled = finished_run(small(model=small().model.model_copy(update={"shuffle_pixels": True})))
    training = {"loss": "categorical_crossentropy", "teachers": (shuffled.id,)}
    with pytest.raises(ConfigError, match=r"whose teachers shuffle pixels.*Choose another teacher"):
        training_script(small(training=training))
    training = {**training, "teachers": (finished_run().id,), "class_weights": "balanced"}
    with pytest.raises(ConfigError, match="teachers and class weights"):
        training_script(small(training=training))


@pytest.mark.parametrize("groups", [None, np.arange(90) // 3], ids=["no groups", "groups"])
def test_the_script_of_an_own_dataset_learns_the_weights_that_the_app_learns(groups, tmp_path):
    own_dataset(classes=3, counts=[45, 30, 15], groups=groups)
    config = own_config(augmentation={"horizontal_flip": True, "shift_pixels": 1})
    ours, our_accuracy = app_learns(config)
    theirs, their_accuracy = script_learns(config, tmp_path)
    assert their_accuracy == pytest.approx(our_accuracy, abs=0.01)
    for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3, rtol=1e-2)


def printed_accuracy(config, folder, **environment):
    """Run the script in a process of its own. Returns the accuracy on its last line."""
    path = folder / f"{script_name(config)}.py"
    path.write_text(training_script(config), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, path.name],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])["test_accuracy"]


def test_the_digits_script_in_a_process_of_its_own_scores_as_the_app_does(tmp_path):
    config = small(training={"epochs": 8, "train_share": 1.0})
    theirs = printed_accuracy(config, tmp_path)
    _, ours = app_learns(config)
    assert ours > 0.9
    assert theirs == pytest.approx(ours, abs=0.01)
    assert (tmp_path / f"{script_name(config)}.keras").is_file()


@pytest.mark.real_data
def test_the_clothes_script_reads_keras_files_and_scores_as_the_app_does(tmp_path):
    files = sorted((data_folder() / "fashion-mnist").glob("*.gz"))
    if len(files) < 4:
        pytest.skip("needs the four .gz files")
    config = preset_config(
        "tutorial-cnn", dataset_card("fashion-mnist"), training={"epochs": 1, "train_share": 0.05, "batch_size": 32}
    )
    folder = tmp_path / "keras" / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for file in files:
        (folder / file.name).symlink_to(file.resolve())
    theirs = printed_accuracy(config, tmp_path, KERAS_HOME=str(tmp_path / "keras"))
    _, ours = app_learns(config)
    assert ours > 0.6
    assert theirs == pytest.approx(ours, abs=0.005)
