"""What a process in the background says of an error that ended it."""

from __future__ import annotations

import traceback
from pathlib import Path

OUT_OF_MEMORY = (
    "The memory did not suffice. Choose a smaller batch or network, or close other programs, and start again."
)


def is_out_of_memory(error: Exception) -> bool:
    """Whether the memory did not suffice for Python or for TensorFlow."""
    # By name: TensorFlow may not even be imported yet.
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


def explain_failure(error: Exception, folder: Path) -> str:
    """Words for a person, on an error that is none of :mod:`cnn_core.errors`.

    Args:
        error: What ended the process.
        folder: Where it prints into log.txt.
    """
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    last_line = traceback.format_exception_only(error)[-1].strip()
    return f"An error that CNN Lab did not expect: {last_line}. log.txt in '{folder}' has it all."
