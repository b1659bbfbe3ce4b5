"""Knowledge distillation in a script: the answers of the teachers, and what is learned from them and the labels."""

from __future__ import annotations

from cnn_core.config import RunConfig
from cnn_core.errors import ConfigError
from cnn_core.runs.store import find_run

_ANSWERS = '''
def answers_of_teachers(images):
    """The mean of the probabilities that finished networks give for uint8 images, (N, classes)."""
    networks = [keras.saving.load_model(path, compile=False) for path in TEACHERS]
    logits = [network.predict(images, batch_size=BATCH_SIZE, verbose=0) for network in networks]
    return np.mean([keras.ops.convert_to_numpy(keras.ops.softmax(each)) for each in logits], axis=0)
'''


def teachers_code(config: RunConfig) -> str:
    """The function ``answers_of_teachers``; empty where a run has none.

    Raises:
        ConfigError: The run weighs its classes, too.
    """
    if not config.training.teachers:
        return ""
    if config.training.class_weights != "none":
        raise ConfigError(
            "There is no script yet for a run with teachers and class weights. Set class_weights to none, or train it "
            "here."
        )
    return _ANSWERS.strip()


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
        f"answers = answers_of_teachers(train_images{of_train})",
        "targets = TEACHER_SHARE * answers + (1 - TEACHER_SHARE) * own_targets",
    ]
