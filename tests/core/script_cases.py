"""Runs whose scripts are compared with the app, and how both are brought to build and to learn."""

import json
import re

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig, ResidualBlock
from cnn_core.data.catalogue import dataset_card
from cnn_core.script import script_name, training_script
from tests.fixtures import digits_config

# In float32, as the script computes.
SETTINGS = {"epochs": 2, "train_share": 0.2, "batch_size": 32, "precision": "float32"}
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
    {"ema_decay": 0.9, "ema_warm_up": False},
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
    {"photos": 0.5},
    {"drawings": 0.5},
    {"photos": 0.3, "drawings": 0.4, "horizontal_flip": True, "shift_pixels": 1},
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
    ModelConfig(
        blocks=(
            ConvBlock(filters=6, padding="same", batch_norm=True, pooling="max", pool_first=True, dropout=0.1),
            ConvBlock(filters=5, pooling="max", pool_first=True),
        )
    ),
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


def built(config):
    """The app's network for the run's images, with its first weights."""
    import keras

    from cnn_core.models.transfer import build_run_model

    keras.utils.set_random_seed(config.seed)
    card = dataset_card(config.dataset)
    return build_run_model(config, (card.height, card.width, card.channels), len(card.class_names))


def configuration_of(model):
    """Layers, their settings and connections; without the names that Keras counts up."""
    import keras

    layers = model.get_config()["layers"]
    assert isinstance(model, keras.Model)
    return json.loads(re.sub(r"_\d+", "", json.dumps(layers)))
