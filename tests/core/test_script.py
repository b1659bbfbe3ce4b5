"""The script as text: it stands alone, stays short, and says what is wrong where there is none."""

import ast
import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.data.own.store import describe_own
from cnn_core.errors import ConfigError, RunError
from cnn_core.models.presets import preset_config, preset_names
from cnn_core.script import training_script
from cnn_core.script.code import KERAS
from tests.core.script_cases import IMAGENET, MODELS, OPTIONS, SHOWCASE, small
from tests.fixtures import finished_run
from tests.own_data import own_dataset


@pytest.mark.parametrize("options", [{}, *OPTIONS], ids=str)
def test_every_preset_with_every_option_gives_python_that_stands_alone(options):
    presets, datasets = preset_names(), dataset_names()
    pairs = list(itertools.product(presets, datasets))
    if options:
        # Each preset, and each dataset, but not all of them with each other: that would take half a minute.
        pairs = list(zip(presets, itertools.cycle(datasets), strict=False))
        assert len(presets) >= len(datasets)
    for preset, dataset in pairs:
        tree = ast.parse(training_script(preset_config(preset, dataset_card(dataset), **options)))
        compile(tree, f"{preset} on {dataset}", "exec")
        imported = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).partition(".")[0])
        assert imported <= {"json", "math", "collections", "typing", "keras", "tensorflow", "numpy", "sklearn"}


def test_every_script_passes_the_linter_and_stands_in_its_form(tmp_path):
    ruff = [sys.executable, "-m", "ruff"]
    if subprocess.run([*ruff, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("needs ruff")
    configs = [small(**options) for options in OPTIONS]
    configs += [small(model=model) for model in MODELS] + [small("strong", transfer=SHOWCASE), small(transfer=IMAGENET)]
    configs += [preset_config(preset, dataset_card("fashion-mnist")) for preset in preset_names()]
    configs += taught_configs()
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


def taught_configs():
    """Runs with so many teachers that their paths fill lines; with and without what else changes the targets."""
    teachers = tuple(finished_run().id for _ in range(3))
    for smoothing, augmentation in ((0.0, {}), (0.1, {"mixup": 0.2}), (0.1, {"sketches": 0.1, "shift_pixels": 1})):
        training = {"loss": "categorical_crossentropy", "teachers": teachers, "label_smoothing": smoothing}
        yield preset_config("mlp", dataset_card("fashion-mnist"), training=training, augmentation=augmentation)


def test_a_run_whose_teachers_are_gone_is_named():
    training = {"loss": "categorical_crossentropy", "teachers": ("gone",)}
    with pytest.raises(RunError, match="gone"):
        training_script(small(training=training))


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


def test_imagenet_weights_are_asked_for_by_name_and_their_normalisation_rests():
    pretrained = training_script(small(transfer={"kind": "imagenet", "weights": "imagenet"}))
    assert 'weights="imagenet", input_shape=(96, 96, 3)' in pretrained
    assert "and not isinstance(layer, layers.BatchNormalization)" in pretrained
    random = training_script(small(transfer=IMAGENET))
    assert "weights=None" in random
    assert "and not isinstance(layer, layers.BatchNormalization)" not in random


def test_the_title_of_a_dataset_can_do_no_harm():
    own_dataset("mine")
    describe_own("mine", title='My "best" """photos\\\nimport os; os.abort() \x00')
    script = training_script(preset_config("mlp", dataset_card("mine"), training={"batch_size": 8}))
    tree = ast.parse(script)
    assert ast.get_docstring(tree).startswith("My 'best' '''photos/\nimport os; os.abort()")
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import) and node.names[0].name == "os"]


def test_the_script_of_an_own_dataset_passes_the_linter_whatever_its_groups(tmp_path):
    own_dataset("mine", classes=3, groups=np.arange(60) // 4)
    (tmp_path / "script.py").write_text(
        training_script(preset_config("mlp", dataset_card("mine"), training={"batch_size": 8})), encoding="utf-8"
    )
    for command in (["check", "--select", "E,F,W,I,UP,B"], ["format", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "120", "--no-cache"]
        result = subprocess.run([*ruff, str(tmp_path)], capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr


def test_a_run_whose_features_are_gone_is_named():
    with pytest.raises(RunError, match="gone"):
        training_script(small("strong", transfer={**SHOWCASE, "run": "gone"}))


def test_a_network_that_does_not_fit_is_named():
    config = preset_config("tutorial-cnn", dataset_card("digits"), model={"enlarge_to": None})
    with pytest.raises(ConfigError, match="Block 2"):
        training_script(config)


def test_a_script_asks_for_the_keras_that_the_app_asks_for():
    requirements = (Path(__file__).parents[2] / "requirements.txt").read_text()
    assert re.search(rf"^{re.escape(KERAS)},", requirements, re.MULTILINE)
