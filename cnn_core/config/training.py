"""How the weights are found."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cnn_core.config.base import Frozen

OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop", "muon"]
ScheduleName = Literal["constant", "step", "exponential", "cosine", "one-cycle", "plateau"]
LossName = Literal["sparse_categorical_crossentropy", "categorical_crossentropy"]
Protocol = Literal["validation", "tutorial"]
Monitor = Literal["val_accuracy", "val_loss"]
ClassWeights = Literal["none", "balanced"]
Precision = Literal["float32", "bfloat16"]
PrecisionName = Literal["auto", "float32", "bfloat16"]

Epochs = Annotated[int, Field(ge=1, le=500, description="passes over the training images")]
LearningRate = Annotated[float, Field(gt=0, le=1, description="the size of a step; the largest one of the schedule")]

# All epochs of a run, those added after its end included.
MOST_EPOCHS = 1000
# Each of them is asked about every image before the first step.
MOST_TEACHERS = 8


class Continuation(Frozen):
    """Epochs added after a run's end, at a constant learning rate, with the optimizer as it was.

    Attributes:
        after_epoch: Epochs that were finished when these were added: fewer than asked if the run was stopped early.
    """

    after_epoch: Annotated[int, Field(ge=0)]
    epochs: Epochs
    learning_rate: LearningRate


class TrainingConfig(Frozen):
    """How the weights are found."""

    epochs: Epochs = 10
    batch_size: Annotated[int, Field(ge=1, le=4096, description="images a step")] = 64
    learning_rate: LearningRate = 1e-3
    optimizer: OptimizerName = "adam"
    momentum: Annotated[float, Field(ge=0, lt=1, description="of SGD and Muon; the others have their own")] = 0.9
    nesterov: Annotated[bool, Field(description="look ahead along the momentum; SGD and Muon")] = True
    schedule: ScheduleName = "constant"
    decay_factor: Annotated[
        float, Field(gt=0, lt=1, description="what 'step' and 'plateau' multiply the learning rate by")
    ] = 0.5
    decay_epochs: Annotated[
        int,
        Field(ge=1, le=500, description="'step': epochs between two decays; 'plateau': epochs without an improvement"),
    ] = 3
    final_share: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="share of the rate at which 'exponential', 'cosine' and 'one-cycle' end, and below which "
            "'plateau' does not go",
        ),
    ] = 0.001
    warm_up_share: Annotated[
        float, Field(ge=0, le=0.9, description="'one-cycle': share of the steps during which the rate rises")
    ] = 0.25
    weight_decay: Annotated[float, Field(ge=0, le=1, description="decoupled, as in AdamW")] = 0.0
    loss: LossName = "sparse_categorical_crossentropy"
    label_smoothing: Annotated[float, Field(ge=0, le=0.5, description="share of the target given to all classes")] = 0.0
    teachers: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=255)], ...],
        Field(
            max_length=MOST_TEACHERS,
            description="knowledge distillation: ids of finished runs whose answers, in the mean, are learned from "
            "beside the labels",
        ),
    ] = ()
    teacher_share: Annotated[
        float, Field(gt=0, le=1, description="share of the target that is the teachers' answer; the rest is the label")
    ] = 0.9
    class_weights: Annotated[
        ClassWeights, Field(description="'balanced': each class counts alike, however many images it has")
    ] = "none"
    clip_norm: Annotated[float, Field(ge=0, le=1000, description="largest norm of all gradients together; 0: off")] = (
        0.0
    )
    ema_decay: Annotated[
        float,
        Field(ge=0, lt=1, description="moving average of the weights, evaluated and kept instead of them; 0: off"),
    ] = 0.0
    ema_warm_up: Annotated[
        bool, Field(description="the averages soon forget the first weights; not, where these are good already")
    ] = True
    protocol: Annotated[
        Protocol,
        Field(
            description="'validation' keeps the test images for the end; 'tutorial' trains on all training images and "
            "watches the test images every epoch, as the classic tutorials do"
        ),
    ] = "validation"
    validation_share: Annotated[float, Field(gt=0, le=0.5, description="share of the training images held back")] = 0.1
    train_share: Annotated[
        float, Field(gt=0, le=1, description="share of the remaining images that are learned from, class by class")
    ] = 1.0
    monitor: Annotated[Monitor, Field(description="what decides which epoch is the best")] = "val_accuracy"
    patience: Annotated[
        int, Field(ge=0, le=500, description="early stopping: epochs without a better one before the run ends; 0: off")
    ] = 0
    restore_best: Annotated[bool, Field(description="keep the weights of the best epoch, not of the last")] = True
    precision: Annotated[
        PrecisionName,
        Field(
            description="of the feature maps while training; 'auto': bfloat16 where the processor multiplies such "
            "numbers by itself, as it is faster then"
        ),
    ] = "float32"
    deterministic: Annotated[
        bool, Field(description="the same bits every time, on the same machine and versions; slower")
    ] = False
    snapshots: Annotated[
        bool, Field(description="keep the weights after each epoch, in float16; they change nothing of the training")
    ] = False
    continuations: Annotated[tuple[Continuation, ...], Field(max_length=100)] = ()

    @property
    def total_epochs(self) -> int:
        """The epoch at which the run ends, with those that were added since."""
        if not self.continuations:
            return self.epochs
        last = self.continuations[-1]
        return last.after_epoch + last.epochs

    def continuations_begun(self, epoch: int) -> int:
        """How many continuations have begun in an epoch, counted from 1; 0 in those that were asked for at first."""
        return sum(epoch > more.after_epoch for more in self.continuations)

    @property
    def keeps_best(self) -> bool:
        """Whether the best epoch's weights are kept: choosing by watched test images would flatter the result."""
        return self.restore_best and self.protocol == "validation"

    @model_validator(mode="after")
    def _smoothing_needs_one_hot_labels(self) -> Self:
        if self.label_smoothing > 0 and self.loss != "categorical_crossentropy":
            raise ValueError(
                "label smoothing needs one-hot labels: set loss to categorical_crossentropy, or label_smoothing to 0"
            )
        return self

    @model_validator(mode="after")
    def _answers_of_teachers_need_one_hot_labels(self) -> Self:
        if self.teachers and self.loss != "categorical_crossentropy":
            raise ValueError(
                "teachers' answers need one-hot labels: set loss to categorical_crossentropy, or teachers to ()"
            )
        if len(set(self.teachers)) < len(self.teachers):
            raise ValueError("a run is named twice among the teachers; name each once")
        return self

    @model_validator(mode="after")
    def _watched_test_images_decide_nothing(self) -> Self:
        if self.protocol == "tutorial" and self.patience > 0:
            raise ValueError(
                "early stopping would choose by the test images that the tutorials' protocol watches: set patience to "
                "0, or protocol to validation"
            )
        return self

    @model_validator(mode="after")
    def _continuations_follow_each_other(self) -> Self:
        starts = [more.after_epoch for more in self.continuations]
        if starts != sorted(starts) or (starts and starts[0] > self.epochs):
            raise ValueError("continuations must stand in the order of their epochs, and begin within the run")
        return self

    @model_validator(mode="after")
    def _epochs_can_be_counted(self) -> Self:
        if self.total_epochs > MOST_EPOCHS:
            raise ValueError(f"{self.total_epochs} epochs in all are too many; at most {MOST_EPOCHS} are possible")
        return self
