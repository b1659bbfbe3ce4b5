"""How the weights are found: the optimizer, the learning rates, and what is kept of the training."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from cnn_core.config import RunConfig, TrainingConfig
from cnn_core.script.code import call, indented, literal
from cnn_core.training.schedules import WARM_UP_START
from cnn_core.training.state import PLATEAU_MARGIN

_MUON_FILE = Path(__file__).parents[1] / "training" / "muon.py"
_OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop", "muon": "Muon"}


def optimizer_call(training: TrainingConfig, *, inside: int = 0, before: str = "", after: str = "") -> list[str]:
    """The lines that make the optimizer, indented once, without what is excluded from the weight decay.

    Args:
        training: The settings.
        inside: Further levels of indentation to come.
        before: Stands before the call.
        after: Stands behind it.
    """
    named = {}
    if training.weight_decay or training.optimizer in ("adamw", "muon"):
        named["weight_decay"] = "WEIGHT_DECAY"
    if training.optimizer == "muon":
        named["adam_weight_decay"] = "WEIGHT_DECAY"
    if training.optimizer in ("sgd", "muon"):
        named |= {"momentum": "MOMENTUM", "nesterov": str(training.nesterov)}
    if training.clip_norm:
        named["global_clipnorm"] = "CLIP_NORM"
    name = "Muon" if training.optimizer == "muon" else f"keras.optimizers.{_OPTIMIZERS[training.optimizer]}"
    return call(name, "LEARNING_RATE", named=named, depth=1, inside=inside, before=before, after=after)


def muon_code(training: TrainingConfig) -> str:
    """The app's own class ``Muon``, as it stands in its file; empty where another optimizer is used."""
    if training.optimizer != "muon":
        return ""
    # Read, not imported: that would load TensorFlow.
    text = _MUON_FILE.read_text(encoding="utf-8")
    kept = [node for node in ast.parse(text).body if isinstance(node, ast.Assign | ast.ClassDef)]
    parts = [ast.get_source_segment(text, node) or "" for node in kept]
    return re.sub(r"  # type: ignore.*", "", "\n\n\n".join(parts))


def optimizer_code(training: TrainingConfig) -> list[str]:
    """The function ``build_optimizer``; empty where making it is a single call."""
    if not training.weight_decay:
        return []
    return [
        "def build_optimizer():",
        f'    """{_OPTIMIZERS[training.optimizer]} with weight decay for kernels alone."""',
        *optimizer_call(training, before="optimizer = "),
        "    # Offsets and the scales of batch normalisation carry no capacity to be held back.",
        '    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])',
        "    return optimizer",
    ]


def is_plateau_alone(config: RunConfig) -> bool:
    """Whether Keras's own callback does all that this run's plateaus need."""
    training = config.training
    return training.schedule == "plateau" and config.transfer is None and not training.continuations


def has_rates(config: RunConfig) -> bool:
    """Whether the learning rate is set step by step."""
    is_constant = config.training.schedule == "constant" and config.transfer is None
    return bool(config.training.continuations) or not (is_constant or is_plateau_alone(config))


_SHAPES = {
    "step": ["shares = DECAY_FACTOR ** (np.arange(total) // (steps * DECAY_EPOCHS))"],
    "exponential": ["shares = FINAL_SHARE ** (np.arange(total) / max(1, total - 1))"],
    "cosine": [
        "progress = np.arange(total) / max(1, total - 1)",
        "shares = FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + np.cos(np.pi * progress))",
    ],
    "one-cycle": [
        "step, warm_up = np.arange(total), max(1, WARM_UP_SHARE * total)",
        f"rising = {WARM_UP_START} + {1 - WARM_UP_START} * step / warm_up",
        "progress = np.clip((step - warm_up) / max(1, total - 1 - warm_up), 0, 1)",
        "falling = FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + np.cos(np.pi * progress))",
        "shares = np.where(step < warm_up, rising, falling)",
    ],
}


def rates_code(config: RunConfig) -> list[str]:
    """The function ``learning_rates`` and the callback that sets them; empty where the rate needs neither."""
    if not has_rates(config):
        return []
    training = config.training
    lines = ["total = EPOCHS * steps", *_SHAPES.get(training.schedule, ["shares = np.ones(total)"])]
    if config.transfer is not None and config.transfer.head_epochs:
        lines.append("shares[HEAD_EPOCHS * steps :] *= FINE_TUNE_RATE")
    if training.continuations:
        lines += [
            "rates = np.resize(LEARNING_RATE * shares, TOTAL_EPOCHS * steps)",
            "for after_epoch, epochs, rate in CONTINUATIONS:",
            "    rates[after_epoch * steps : (after_epoch + epochs) * steps] = rate",
            "return rates",
        ]
    else:
        lines.append("return LEARNING_RATE * shares")
    function = [
        "def learning_rates(steps):",
        '    """The learning rate of every step of the run; ``steps`` of them are an epoch."""',
        *indented(lines),
    ]
    is_plateau = training.schedule == "plateau"
    return ["\n".join(function), _plateau_rates(config) if is_plateau else _PLANNED_RATES.strip()]


_PLANNED_RATES = '''
class LearningRates(keras.callbacks.Callback):
    """Sets the learning rate before each step."""

    def __init__(self, rates):
        super().__init__()
        self.rates, self.step = rates, 0

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = self.rates[self.step]
        self.step += 1
'''


def _plateau_rates(config: RunConfig) -> str:
    """The callback for plateaus of a run in several parts: Keras's own forgets between two calls of ``fit``."""
    lines = [
        "class LearningRates(keras.callbacks.Callback):",
        '    """Sets the learning rate before each step, lower after each plateau."""',
        "",
        "    def __init__(self, rates):",
        "        super().__init__()",
        "        self.rates, self.step = rates, 0",
        "        self.scale, self.waited, self.best = 1.0, 0, -math.inf",
        "",
        "    def on_train_batch_begin(self, batch, logs=None):",
        "        self.model.optimizer.learning_rate = self.rates[self.step] * self.scale",
        "        self.step += 1",
        "",
        "    def on_epoch_end(self, epoch, logs=None):",
        f"        figure = {_score(config.training)[0]}",
        "        self.waited += 1",
        f"        if figure > self.best + {PLATEAU_MARGIN}:",
        "            self.best, self.waited = figure, 0",
        "        if self.waited >= DECAY_EPOCHS:",
        "            self.scale, self.waited = max(self.scale * DECAY_FACTOR, FINAL_SHARE), 0",
    ]
    if config.transfer is not None and config.transfer.head_epochs:
        lines += [
            "        if epoch + 1 == HEAD_EPOCHS:  # fine-tuning begins anew",
            "            self.scale, self.waited = 1.0, 0",
        ]
    if config.training.continuations:
        lines += [
            "        if epoch + 1 >= CONTINUATIONS[0][0]:  # what was added later has a rate of its own",
            "            self.scale = 1.0",
        ]
    return "\n".join(lines)


def plateau_callback(training: TrainingConfig) -> list[str]:
    """Keras's own callback for plateaus, for a run in one part."""
    monitor = "val_accuracy" if training.monitor == "val_accuracy" else f"val_{plain_loss(training)}"
    return call(
        "keras.callbacks.ReduceLROnPlateau",
        literal(monitor),
        named={
            "factor": "DECAY_FACTOR",
            "patience": "DECAY_EPOCHS",
            "mode": literal("max" if training.monitor == "val_accuracy" else "min"),
            "min_delta": str(PLATEAU_MARGIN),
            "min_lr": "LEARNING_RATE * FINAL_SHARE",
        },
        inside=1,
        before="plateau = ",
    )


def keeping_code(config: RunConfig) -> list[str]:
    """The callback that keeps the best weights or ends the run early; empty where the run does neither."""
    training = config.training
    if not (training.keeps_best or training.patience):
        return []
    figure, other = ("accuracy", "loss") if training.monitor == "val_accuracy" else ("loss", "accuracy")
    names = ["best", *(["weights"] if training.keeps_best else []), *(["waited"] if training.patience else [])]
    starts = {"best": "(-math.inf, -math.inf)", "weights": "None", "waited": "0"}
    values = {"best": "score", "weights": "self.model.get_weights()", "waited": "0"}
    lines = [
        f"score = ({', '.join(_score(training))})  # where the {figure} is the same, the {other} decides",
        *(["self.waited += 1"] if training.patience else []),
        "if score > self.best:",
        f"    {', '.join(f'self.{name}' for name in names)} = {', '.join(values[name] for name in names)}",
    ]
    if training.patience and config.transfer is not None and config.transfer.head_epochs:
        lines += ["if epoch + 1 <= HEAD_EPOCHS:  # the head's epochs end by themselves", "    self.waited = 0"]
    if training.patience and training.continuations:
        lines += ["if epoch + 1 in [after_epoch for after_epoch, _, _ in CONTINUATIONS]:", "    self.waited = 0"]
    if training.patience:
        lines += ["if self.waited >= PATIENCE:", "    self.model.stop_training = True"]
    what = "Keeps the weights of the best epoch" if training.keeps_best else "Looks for a better epoch"
    end = ", and ends the training when none follows for a while" if training.patience else ""
    return [
        f"class {keeper_name(training)}(keras.callbacks.Callback):",
        f'    """{what}{end}."""',
        "",
        f"    {', '.join(names)} = {', '.join(starts[name] for name in names)}",
        "",
        "    def on_epoch_end(self, epoch, logs=None):",
        *indented(lines, 2),
    ]


def keeper_name(training: TrainingConfig) -> str:
    """What the callback of :func:`keeping_code` is called."""
    return "KeepBest" if training.keeps_best else "StopEarly"


_AVERAGES = '''
class Averages(keras.callbacks.Callback):
    """Moving averages of the weights, which are evaluated and kept instead of the weights themselves."""

    averages = weights = None

    def on_epoch_begin(self, epoch, logs=None):
        {noted}if self.averages is None:
            self.averages = self.model.get_weights()
        else:
            self.model.set_weights(self.weights)

    def on_train_batch_end(self, batch, logs=None):
        {keep}
        pairs = zip(self.averages, self.model.get_weights(), strict=True)
        self.averages = [keep * average + (1 - keep) * weight for average, weight in pairs]

    def on_test_begin(self, logs=None):
        self.weights = self.model.get_weights()
        self.model.set_weights(self.averages)
'''


_WARM_UP = (
    "step = int(self.model.optimizer.iterations)",
    "keep = min(EMA_DECAY, (1 + step) / (10 + step))  # at first a start by chance must not linger",
)


def averages_code(config: RunConfig) -> str:
    """The callback that averages the weights; empty where the run does not."""
    if not config.training.ema_decay:
        return ""
    noted, keep = "", [*_WARM_UP]
    if not config.training.ema_warm_up:
        has_head = config.transfer is not None and config.transfer.head_epochs > 0
        keep = ["keep = EMA_DECAY"]
        if has_head:
            noted = "self.epoch = epoch\n        "
            keep += ["if self.epoch < HEAD_EPOCHS:", *indented(_WARM_UP)]
    return _AVERAGES.strip().format(noted=noted, keep="\n        ".join(keep))


def _score(training: TrainingConfig) -> tuple[str, str]:
    """The monitored figure and the one that decides where it is equal; higher is better."""
    loss = f'-logs["val_{plain_loss(training)}"]'
    figures = ('logs["val_accuracy"]', loss)
    return figures if training.monitor == "val_accuracy" else (loss, 'logs["val_accuracy"]')


def plain_loss(training: TrainingConfig) -> str:
    """Under which name Keras reports the cross-entropy without label smoothing."""
    return "cross_entropy" if smooths_in_loss(training) else "loss"


def smooths_in_loss(training: TrainingConfig) -> bool:
    """Whether the loss smooths the labels; with teachers, the targets are smooth before."""
    return training.label_smoothing > 0 and not training.teachers
