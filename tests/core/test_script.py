"""The script of a run trains what the app trains: compared with what the app builds, draws and learns itself."""

import ast
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig, ResidualBlock
from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.data.load import data_folder, load_dataset
from cnn_core.errors import ConfigError, RunError
from cnn_core.evaluation.measures import accuracy
from cnn_core.models.presets import preset_config, preset_names
from cnn_core.script import script_name, training_script
from tests.fixtures import digits_config

ROOT = Path(__file__).parents[2]
SETTINGS = {"epochs": 2, "train_share": 0.2, "batch_size": 32}
ADDED = (
    {"after_epoch": 2, "epochs": 1, "learning_rate": 0.002},
    {"after_epoch": 3, "epochs": 2, "learning_rate": 0.004},
)
SHOWCASE = {"kind": "run", "run": "showcase", "blocks": 3, "frozen_blocks": 1, "head_epochs": 1}
IMAGENET = {"kind": "imagenet", "weights": "random", "side": 32}

# Every setting that changes the script, once each: section by section, as for `replace`.
TRAINING = [
    *({"optimizer": name} for name in ("adam", "adamw", "sgd", "rmsprop", "muon")),
    *({"optimizer": name, "weight_decay": 0.01} for name in ("adam", "adamw", "sgd", "rmsprop", "muon")),
    {"optimizer": "sgd", "momentum": 0.5, "nesterov": False},
    *({"schedule": name} for name in ("step", "exponential", "cosine", "one-cycle", "plateau")),
    {"schedule": "step", "decay_factor": 0.3, "decay_epochs": 1},
    {"schedule": "one-cycle", "warm_up_share": 0.0, "final_share": 0.5},
    {"loss": "categorical_crossentropy"},
    {"loss": "categorical_crossentropy", "label_smoothing": 0.1},
    {"class_weights": "balanced"},
    {"clip_norm": 0.5},
    {"ema_decay": 0.9},
    {"protocol": "tutorial", "train_share": 1.0},
    {"protocol": "tutorial"},
    {"validation_share": 0.3, "train_share": 1.0},
    {"train_share": 0.999},
    {"monitor": "val_loss", "patience": 3},
    {"restore_best": False},
    {"restore_best": False, "patience": 1},
    {"deterministic": True},
    {"continuations": ADDED},
    {"continuations": ADDED, "schedule": "plateau", "patience": 1},
]
AUGMENTATION = [
    {"horizontal_flip": True},
    {"shift_pixels": 2},
    {"rotate_degrees": 10.0},
    {"zoom": 0.1, "shift_pixels": 1},
    {"contrast": 0.2},
    {"noise": 0.1},
    {"erase_probability": 0.5},
    {"mixup": 0.3},
    {"cutmix": 1.0},
    {"mixup": 0.3, "cutmix": 1.0},
    {"horizontal_flip": True, "rotate_degrees": 5.0, "zoom": 0.1, "contrast": 0.1, "noise": 0.05, "mixup": 0.3},
]
OPTIONS = [{"training": more} for more in TRAINING] + [{"augmentation": more} for more in AUGMENTATION]
BLOCKS = (
    ConvBlock(filters=6, kernel=5, padding="same", stride=2, batch_norm=True, activation="gelu", pooling="average"),
    ResidualBlock(filters=6, dropout=0.2),
    ResidualBlock(filters=8, stride=2, batch_norm=False, activation="tanh", pooling="max"),
    ResidualBlock(filters=8, stride=2),
    DenseBlock(units=12, batch_norm=True, activation="elu", dropout=0.3),
    DenseBlock(units=10),
)
MODELS = [
    ModelConfig(blocks=BLOCKS, dropout=0.25, enlarge_to=14),
    ModelConfig(blocks=BLOCKS[:3], features="global-average", enlarge_to=14),
    ModelConfig(blocks=BLOCKS[4:]),
    ModelConfig(blocks=()),
]


def small(preset="mlp", /, *, model=None, **sections):
    """A run of a few images and epochs of the digits."""
    config = digits_config(preset, **{**sections, "training": {**SETTINGS, **sections.get("training", {})}})
    return config if model is None else type(config).model_validate({**config.model_dump(), "model": model})


def executed(config):
    """What the script defines."""
    names = {"__name__": "script"}
    exec(compile(training_script(config), f"{script_name(config)}.py", "exec"), names)
    return names


class _StoppedError(Exception):
    pass


class Prepared:
    """The script of a run up to its first call of ``fit``: the compiled model, and what ``fit`` gets."""

    def __init__(self, config, monkeypatch):
        import keras
        import tensorflow as tf

        def capture(model, *arguments, **named):
            self.model, self.batches, self.fit = model, arguments[0], named
            raise _StoppedError

        self.is_deterministic = False

        def enable():
            self.is_deterministic = True

        monkeypatch.setattr(keras.Model, "fit", capture)
        # It would hold for every test after this one.
        monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", enable)
        self.names = executed(config)
        with pytest.raises(_StoppedError):
            self.names["main"]()


def built(config):
    """The app's network for the digits, with its first weights."""
    import keras

    from cnn_core.models.transfer import build_run_model

    keras.utils.set_random_seed(config.seed)
    return build_run_model(config, (8, 8, 1), 10)


def configuration_of(model):
    """Layers, their settings and connections; without the names that Keras counts up."""
    import keras

    layers = model.get_config()["layers"]
    assert isinstance(model, keras.Model)
    return json.loads(re.sub(r"_\d+", "", json.dumps(layers)))


def app_learns(config):
    """Train as the app's worker does. Returns the model and its accuracy on the test images."""
    from cnn_core.training.callbacks import Callbacks
    from cnn_core.training.fit import fit, predict_logits
    from cnn_core.training.worker import training_data

    dataset = load_dataset(config.dataset)
    model = built(config)
    fit(model, training_data(dataset, config), config, Callbacks())
    return model, accuracy(dataset.test_labels, predict_logits(model, dataset.test_images))


def script_learns(config, folder):
    """Run the script here. Returns the model that it saved and the accuracy that it printed."""
    import io

    import keras

    output = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(output):
        executed(config)["main"]()
        model = keras.saving.load_model(f"{script_name(config)}.keras", compile=False)
    return model, json.loads(output.getvalue().splitlines()[-1])["test_accuracy"]


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("dataset", dataset_names())
@pytest.mark.parametrize("options", [{}, *OPTIONS], ids=str)
def test_every_preset_with_every_option_gives_python_that_stands_alone(preset, dataset, options):
    tree = ast.parse(training_script(preset_config(preset, dataset_card(dataset), **options)))
    compile(tree, "script.py", "exec")
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert imported <= {"json", "math", "keras", "tensorflow", "numpy", "sklearn"}


def test_every_script_passes_the_linter_and_stands_in_its_form(tmp_path):
    ruff = [sys.executable, "-m", "ruff"]
    if subprocess.run([*ruff, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("needs ruff")
    configs = [small(**options) for options in OPTIONS]
    configs += [small(model=model) for model in MODELS] + [small("fast", transfer=SHOWCASE), small(transfer=IMAGENET)]
    configs += [preset_config(preset, dataset_card("fashion-mnist")) for preset in preset_names()]
    for number, config in enumerate(configs):
        (tmp_path / f"script{number}.py").write_text(training_script(config), encoding="utf-8")
    rules = ["--select", "E,F,W,I,UP,B,C4,D1,SIM,PERF", "--ignore", "D107,D102,D105,D103"]
    for command in (["check", *rules], ["format", "--diff"]):
        result = subprocess.run(
            [*ruff, *command, "--isolated", "--line-length", "120", "--no-cache", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr


def test_the_script_of_the_tutorials_network_is_short():
    script = training_script(preset_config("tutorial-cnn", dataset_card("fashion-mnist")))
    assert len([line for line in script.splitlines() if line]) < 90


def test_only_what_a_run_uses_is_in_its_script():
    plain = training_script(preset_config("tutorial-cnn", dataset_card("fashion-mnist")))
    for word in (
        "import tensorflow",
        "augment",
        "Averages",
        "LearningRates",
        "weight_decay",
        "PATIENCE",
        "set_trainable",
    ):
        assert word not in plain


@pytest.mark.parametrize("model", MODELS, ids=range(len(MODELS)))
def test_the_scripts_layers_and_first_weights_are_the_apps(model):
    import keras

    config = small(model=model, seed=3)
    ours = built(config)
    keras.utils.set_random_seed(config.seed)
    theirs = executed(config)["build_model"]()
    assert configuration_of(theirs) == configuration_of(ours)
    assert theirs.count_params() == ours.count_params()
    for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("preset", preset_names())
def test_the_script_of_a_preset_builds_the_apps_network(preset):
    config = preset_config(preset, dataset_card("digits"))
    assert configuration_of(executed(config)["build_model"]()) == configuration_of(built(config))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_script_compiles_the_apps_optimizer_and_feeds_the_apps_images(options, monkeypatch):
    from cnn_core.training.optimizers import build_optimizer
    from cnn_core.training.schedules import planned_rates
    from cnn_core.training.worker import training_data

    config = small(**options, seed=2)
    training = config.training
    script, data = Prepared(config, monkeypatch), training_data(load_dataset("digits"), config)

    theirs, ours = script.model.optimizer, build_optimizer(training)
    assert type(theirs) is type(ours)
    assert {**theirs.get_config(), "name": ""} == {**ours.get_config(), "name": ""}
    excluded = [getattr(one, "_exclude_from_weight_decay_pattern", None) for one in (theirs, ours)]
    assert excluded[0] == excluded[1]
    assert bool(excluded[0]) == bool(training.weight_decay)
    assert script.model.loss.get_config()["from_logits"]
    assert script.model.loss.get_config().get("label_smoothing", 0.0) == training.label_smoothing
    assert script.fit["epochs"] == training.total_epochs
    assert script.fit["shuffle"] is False
    assert script.is_deterministic == training.deterministic

    np.testing.assert_array_equal(script.batches.images, data.train_images)
    watched, targets = script.fit["validation_data"]
    np.testing.assert_array_equal(watched, data.watched_images)
    labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
    np.testing.assert_array_equal(labels, data.watched_labels)

    steps = -(-len(data.train_labels) // training.batch_size)
    assert len(script.batches) == steps
    if "learning_rates" in script.names:
        np.testing.assert_allclose(script.names["learning_rates"](steps), planned_rates(training, steps), rtol=1e-12)
    else:
        assert np.ptp(planned_rates(training, steps)) == 0
        assert float(theirs.learning_rate) == pytest.approx(planned_rates(training, steps)[0])


@pytest.mark.parametrize("options", AUGMENTATION, ids=str)
def test_the_scripts_augmentation_draws_what_the_apps_does(options):
    import tensorflow as tf

    from cnn_core.training.augment import augment, mix

    config = small(augmentation=options)
    images, labels = load_dataset("digits").train_images[:20], load_dataset("digits").train_labels[:20]
    targets = np.eye(10, dtype="float32")[labels]
    names, seed = executed(config), np.array([7, 3], np.int32)
    ours = augment(tf.constant(images), config.augmentation, seed)
    ours, our_targets = mix(ours, tf.constant(targets), config.augmentation, seed)
    theirs = names["augment"](images, seed) if "augment" in names else images
    theirs, their_targets = names["mix"](theirs, targets, seed) if "mix" in names else (theirs, targets)
    assert not np.array_equal(theirs, images)
    # A graph may round another way than single operations do.
    np.testing.assert_allclose(np.asarray(theirs, int), np.asarray(ours, int), atol=1)
    np.testing.assert_allclose(their_targets, our_targets, atol=1e-6)


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
    "transfer": small("fast", transfer=SHOWCASE, training={"epochs": 2, "train_share": 0.1, "ema_decay": 0.5}),
}


@pytest.mark.parametrize("config", TRAINED.values(), ids=TRAINED.keys())
def test_the_script_learns_the_weights_that_the_app_learns(config, tmp_path):
    ours, our_accuracy = app_learns(config)
    theirs, their_accuracy = script_learns(config, tmp_path)
    assert their_accuracy == pytest.approx(our_accuracy, abs=0.01)
    for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3, rtol=2e-2)


@pytest.mark.parametrize("is_head_only", [True, False])
@pytest.mark.parametrize(
    "config",
    [
        small("fast", transfer=SHOWCASE),
        small(transfer=IMAGENET),
        small(transfer={**IMAGENET, "network": "resnet50-v2", "frozen_share": 0.4}),
    ],
    ids=["run", "mobilenet", "resnet"],
)
def test_the_same_layers_learn_in_the_script(config, is_head_only):
    from cnn_core.models.transfer import set_trainable

    ours, names = built(config), executed(config)
    theirs = names["build_model"]()
    assert configuration_of(theirs) == configuration_of(ours)
    set_trainable(ours, config, head_only=is_head_only)
    names["set_trainable"](theirs, is_head_only)
    assert [layer.trainable for layer in theirs.layers] == [layer.trainable for layer in ours.layers]


def test_imagenet_weights_are_asked_for_by_name_and_their_normalisation_rests():
    script = training_script(small(transfer={"kind": "imagenet", "weights": "imagenet"}))
    assert 'weights="imagenet", input_shape=(96, 96, 3)' in script
    assert "BatchNormalization" in script
    assert "BatchNormalization" not in training_script(small(transfer=IMAGENET))


def test_a_run_whose_features_are_gone_is_named():
    with pytest.raises(RunError, match="gone"):
        training_script(small("fast", transfer={**SHOWCASE, "run": "gone"}))


def test_a_network_that_does_not_fit_is_named():
    config = preset_config("tutorial-cnn", dataset_card("digits"), model={"enlarge_to": None})
    with pytest.raises(ConfigError, match="Block 2"):
        training_script(config)


def test_the_digits_script_in_a_process_of_its_own_scores_as_the_app_does(tmp_path):
    config = small(training={"epochs": 8, "train_share": 1.0})
    path = tmp_path / f"{script_name(config)}.py"
    path.write_text(training_script(config), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, path.name], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    _, ours = app_learns(config)
    assert ours > 0.9
    assert json.loads(result.stdout.splitlines()[-1])["test_accuracy"] == pytest.approx(ours, abs=0.01)
    assert (tmp_path / f"{script_name(config)}.keras").is_file()


@pytest.mark.real_data
def test_the_clothes_script_reads_keras_files_and_scores_as_the_app_does(tmp_path):
    config = preset_config(
        "tutorial-cnn", dataset_card("fashion-mnist"), training={"epochs": 1, "train_share": 0.1, "batch_size": 32}
    )
    folder = tmp_path / "keras" / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for file in (data_folder() / "fashion-mnist").glob("*.gz"):
        shutil.copy(file, folder)
    if len(list(folder.iterdir())) < 4:
        pytest.skip("needs the four .gz files")
    (tmp_path / "script.py").write_text(training_script(config), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**os.environ, "KERAS_HOME": str(tmp_path / "keras")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    from cnn_core.training.callbacks import Callbacks
    from cnn_core.training.fit import fit, predict_logits
    from cnn_core.training.worker import training_data

    dataset = load_dataset("fashion-mnist", download=False)
    import keras

    from cnn_core.models.build import build_model

    keras.utils.set_random_seed(config.seed)
    model = build_model(config.model, (28, 28, 1), 10)
    fit(model, training_data(dataset, config), config, Callbacks())
    ours = accuracy(dataset.test_labels, predict_logits(model, dataset.test_images))
    assert json.loads(result.stdout.splitlines()[-1])["test_accuracy"] == pytest.approx(ours, abs=0.005)
