"""One frozen, validated description of a run. Its limits serve the widgets, the command line and the API.

A :class:`RunConfig` says everything that was asked of a run. The same configuration, on the same versions and the
same kind of processor with as many threads, trains the same network. It is stored in the run's ``config.json``.
"""

from cnn_core.config.augmentation import AugmentationConfig
from cnn_core.config.network import (
    Activation,
    Block,
    ConvBlock,
    DenseBlock,
    FeatureBlock,
    Features,
    ModelConfig,
    Padding,
    Pooling,
    ResidualBlock,
)
from cnn_core.config.partial import possible_part
from cnn_core.config.run import (
    RunConfig,
    excluded_limits,
    explain,
    impossible_fields,
    is_whole_number,
    limits,
    replace,
    run_config,
)
from cnn_core.config.training import (
    MOST_EPOCHS,
    MOST_TEACHERS,
    ClassWeights,
    Continuation,
    LossName,
    Monitor,
    OptimizerName,
    Precision,
    PrecisionName,
    Protocol,
    ScheduleName,
    TrainingConfig,
)
from cnn_core.config.transfer import ImageNetName, ImageNetTransfer, RunTransfer, Transfer

__all__ = [
    "MOST_EPOCHS",
    "MOST_TEACHERS",
    "Activation",
    "AugmentationConfig",
    "Block",
    "ClassWeights",
    "Continuation",
    "ConvBlock",
    "DenseBlock",
    "FeatureBlock",
    "Features",
    "ImageNetName",
    "ImageNetTransfer",
    "LossName",
    "ModelConfig",
    "Monitor",
    "OptimizerName",
    "Padding",
    "Pooling",
    "Precision",
    "PrecisionName",
    "Protocol",
    "ResidualBlock",
    "RunConfig",
    "RunTransfer",
    "ScheduleName",
    "TrainingConfig",
    "Transfer",
    "excluded_limits",
    "explain",
    "impossible_fields",
    "is_whole_number",
    "limits",
    "possible_part",
    "replace",
    "run_config",
]
