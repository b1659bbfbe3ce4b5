"""Networks for images of digits, saved once for all tests of a process: that takes as long as a test."""

import functools
import tempfile
from pathlib import Path

import keras  # noqa: TID253 - it makes networks

from cnn_core.config import ModelConfig, RunConfig
from cnn_core.models.build import build_model
from cnn_core.runs.directory import Run
from tests.fixtures import finished_run


def run_with_network(config: RunConfig) -> Run:
    """A finished run on the digits with a network that has learned nothing; equal settings give equal weights."""
    return finished_run(config, save=lambda path: path.write_bytes(_saved(config.model)))


@functools.cache
def _saved(config: ModelConfig) -> bytes:
    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        build_model(config, (8, 8, 1), 10).save(path)
        return path.read_bytes()
