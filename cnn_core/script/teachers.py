"""Knowledge distillation in a script: what the teachers say, and what is learned from them and the labels."""

from __future__ import annotations

from cnn_core.config import RunConfig
from cnn_core.errors import ConfigError
from cnn_core.runs.store import find_run
from cnn_core.script.code import PREDICTION_BATCH

_ASKING = '''
def ask_teachers(images):
    """The mean of the probabilities that finished networks give for uint8 images, (N, classes)."""
    probabilities = 0
    for path in TEACHERS:
        teacher = keras.saving.load_model(path, compile=False)
        logits = teacher.predict(images, batch_size={batch}, verbose=0)
        probabilities += keras.ops.convert_to_numpy(keras.ops.softmax(logits)) / len(TEACHERS)
    return probabilities
'''


def teachers_code(config: RunConfig) -> str:
    """The function ``ask_teachers``; empty where a run has none.

    Raises:
        ConfigError: The run weighs its classes, too, or a teacher has a layer that is ours.
        RunError: A teacher is unknown.
    """
    if not config.training.teachers:
        return ""
    shuffling = [run_id for run_id in config.training.teachers if find_run(run_id).record().model.shuffle_pixels]
    if shuffling and not config.model.shuffle_pixels:
        raise ConfigError(
            f"There is no script yet for a run whose teachers shuffle pixels, as '{shuffling[0]}' does. Choose another "
            "teacher, or train it here."
        )
    if config.training.class_weights != "none":
        raise ConfigError(
            "There is no script yet for a run with teachers and class weights. Set class_weights to none, or train it "
            "here."
        )
    return _ASKING.strip().format(batch=PREDICTION_BATCH)


def teachers_paths(config: RunConfig) -> tuple[str, ...]:
    """Where the networks of the teachers lie.

    Raises:
        RunError: A run is unknown or has no network.
    """
    return tuple(str(find_run(run_id).model_path().resolve()) for run_id in config.training.teachers)


def targets_code(config: RunConfig, of_train: str) -> list[str]:
    """The lines that make ``targets`` and ``own_targets``, what they are without a teacher.

    Args:
        config: The run, with teachers.
        of_train: Index of the images to learn from, as source: ``[train]``, or nothing where all are.
    """
    own = f"train_targets{of_train}"
    if config.training.label_smoothing:
        own = f"(1 - LABEL_SMOOTHING) * {own} + LABEL_SMOOTHING / CLASSES"
    return [
        f"own_targets = {own}",
        f"targets = TEACHER_SHARE * ask_teachers(train_images{of_train}) + (1 - TEACHER_SHARE) * own_targets",
    ]
