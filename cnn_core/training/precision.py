"""Which precision a training computes in on this machine. No Keras: the pages show it."""

from __future__ import annotations

import functools
import platform
from pathlib import Path

from cnn_core.config import Precision, TrainingConfig

# As Linux names them: instructions that multiply bfloat16. Without them such numbers are converted first, which takes
# longer than it saves.
_BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
_CPU_FACTS = Path("/proc/cpuinfo")


def precision_here(training: TrainingConfig) -> Precision:
    """The precision that a training computes in here: the one asked for, or the one that suits the processor."""
    if training.precision != "auto":
        return training.precision
    return "bfloat16" if multiplies_bfloat16() else "float32"


@functools.cache
def multiplies_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 by itself; ``False`` where that cannot be found out."""
    if platform.system() != "Linux":
        return False
    try:
        facts = _CPU_FACTS.read_text()
    except OSError:
        return False
    flags = next((line.partition(":")[2].split() for line in facts.splitlines() if line.startswith("flags")), [])
    return not _BFLOAT16_FLAGS.isdisjoint(flags)
