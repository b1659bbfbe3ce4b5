"""The learning-rate range test: a short training whose rate rises from step to step.

Smith, "Cyclical Learning Rates for Training Neural Networks" (2017). The rate to take is read from the curve by the
rule of fastai's ``lr_find`` (Howard & Gugger, "fastai: A Layered API for Deep Learning", 2020): a tenth of the rate at
which the loss is lowest. The steepest descent, the other usual reading, is misled by batch normalisation, with which
the loss falls fastest in the first few steps, however small they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.config import RunConfig
from cnn_core.data.load import load_dataset
from cnn_core.errors import DatasetError
from cnn_core.models.imagenet import needed_weights
from cnn_core.runs.measurements import RateRange
from cnn_core.training.setup import import_keras, seeded_model, training_data
from cnn_core.training.stages import stages

if TYPE_CHECKING:
    from cnn_core.training.graph import TrainingGraph

# From far below what moves any weights to the largest rate that a run can have: 25 steps for each factor of ten.
LOWEST_RATE, HIGHEST_RATE = 1e-6, 1.0
STEPS = 150
# Standard deviation, in steps, of the bell that takes the noise of single batches away: an eighth of a factor of ten.
_SMOOTHING_STEPS = 3.0
# The loss has run away when, smoothed, it is both this many times its lowest value …
_RUN_AWAY_FACTOR = 2.0
# … and so many nats above it.
_RUN_AWAY_NATS = 0.7
# The test itself goes on for a little, so that the drawing shows the edge. As in fastai's test.
_CUT_OFF_FACTOR = 4.0
# Less than this of a fall, as a share of the loss at the start, is noise.
_FELL_SHARE = 0.05
_BELOW_LOWEST = 10.0


def measure_rate_range(config: RunConfig, on_share: Callable[[float], None]) -> RateRange:
    """Run the test on the network, data and optimizer of a run.

    Args:
        config: The run; its own rate and schedule do not matter. With transfer, its first stage is tested.
        on_share: Called with the share that is done.

    Raises:
        DatasetError: The dataset, or the ImageNet weights to start from, are not on this machine.
        ConfigError: The network does not fit the images.
        RunError: A teacher is gone or damaged.
    """
    dataset = load_dataset(config.dataset, download=False)
    _check_weights(config)
    import_keras()
    from cnn_core.models.transfer import set_trainable
    from cnn_core.training.distillation import ask_teachers
    from cnn_core.training.graph import TrainingGraph

    on_share(0.2)
    data = training_data(dataset, config)
    size = min(config.training.batch_size, len(data.train_labels))
    batches = _batches(len(data.train_labels), size, config.seed)
    data = ask_teachers(data, config, lambda share: on_share(0.2 + 0.1 * share), only=np.unique(batches))
    model = seeded_model(config, is_fresh=True)
    set_trainable(model, config, head_only=stages(config)[0].head_only)
    graph = TrainingGraph(model, data, config)
    rates = np.geomspace(LOWEST_RATE, HIGHEST_RATE, STEPS)
    losses = _climb(graph, rates, batches, on_share)
    return read_rate_range(rates[: len(losses)], losses)


def _check_weights(config: RunConfig) -> None:
    """A download takes long and is told by the training; a test does not begin with one."""
    state = needed_weights(config)
    if state is not None and state.state != "ready":
        raise DatasetError(state.message)


def _batches(count: int, size: int, seed: int) -> np.ndarray:
    """Images of each step, (STEPS, size) int32; every image comes once before any comes again."""
    passes = math.ceil(STEPS * size / count)
    orders = [np.random.default_rng((seed, number)).permutation(count) for number in range(passes)]
    return np.concatenate(orders)[: STEPS * size].reshape(STEPS, size).astype(np.int32)


def _climb(
    graph: TrainingGraph, rates: np.ndarray, batches: np.ndarray, on_share: Callable[[float], None]
) -> np.ndarray:
    """The loss of each step, (n,) float64, until they end or the loss runs away."""
    from cnn_core.training.fit import STEPS_PER_CALL

    losses = np.empty(0)
    while len(losses) < len(rates):
        part = slice(len(losses), len(losses) + STEPS_PER_CALL)
        new, _ = graph.run(batches[part], 1, part.start + 1, rates[part])
        losses = np.concatenate([losses, new.astype(np.float64)])
        on_share(0.3 + 0.7 * len(losses) / len(rates))
        finite = _finite(losses)
        if len(finite) < len(losses) or smooth(finite)[-1] > _CUT_OFF_FACTOR * smooth(finite).min():
            return finite
    return losses


def _finite(losses: np.ndarray) -> np.ndarray:
    """The losses before the first that is no number."""
    bad = np.flatnonzero(~np.isfinite(losses))
    return losses[: bad[0]] if len(bad) else losses


def smooth(losses: np.ndarray) -> np.ndarray:
    """Losses without the noise of single batches, (n,): a bell-shaped mean of the logarithms around each step.

    It looks both ways, so that it does not move the curve to larger rates, as a running average would.
    """
    if not len(losses):
        return losses
    logs = np.log(np.maximum(losses, 1e-12))
    steps = np.arange(len(losses))
    weights = np.exp(-0.5 * ((steps[:, None] - steps) / _SMOOTHING_STEPS) ** 2)
    return np.asarray(np.exp(weights @ logs / weights.sum(axis=1)))


def read_rate_range(rates: np.ndarray, losses: np.ndarray) -> RateRange:
    """Read a suggestion from the curve of a test.

    Args:
        rates: (n,) ascending; fewer than :data:`STEPS` if the test was cut off.
        losses: (n,) finite, the training cross-entropy of each step.
    """
    smoothed = smooth(losses)
    suggested, explanation = _suggest(rates, smoothed)
    return RateRange(
        rates=tuple(rates.tolist()),
        losses=tuple(losses.tolist()),
        smoothed=tuple(smoothed.tolist()),
        suggested=suggested,
        explanation=explanation,
        is_cut_off=len(losses) < STEPS,
    )


def _suggest(rates: np.ndarray, smoothed: np.ndarray) -> tuple[float | None, str]:
    if not len(smoothed):
        return None, "The loss was not a number from the first step on. Look at the network, not at the rate."
    lowest_so_far = np.minimum.accumulate(smoothed)
    edge = np.maximum(_RUN_AWAY_FACTOR * lowest_so_far, lowest_so_far + _RUN_AWAY_NATS)
    away = np.flatnonzero(smoothed > edge)
    # What the loss does after it has run away, such as to fall back to that of guessing, counts no more.
    calm = smoothed[: away[0]] if len(away) else smoothed
    at = int(np.argmin(calm))
    if calm[at] > (1 - _FELL_SHARE) * smoothed[0]:
        return None, (
            f"The loss stayed near {smoothed[0]:.2f} at every rate, so there is nothing to read from it. "
            "Batch normalisation, another activation or fewer layers help a network that does not start to learn."
        )
    suggested = min(float(f"{rates[at] / _BELOW_LOWEST:.0e}"), HIGHEST_RATE)
    beyond = "and beyond it the steps overshoot" if at < len(smoothed) - 1 else "the largest one tried"
    return suggested, (
        f"The loss was lowest, {calm[at]:.2f}, at a rate of {rates[at]:.2g}, {beyond}. "
        f"A tenth of it, {suggested:g}, still learns fast and keeps away from that edge for a whole training."
    )
