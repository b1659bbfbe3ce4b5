"""What TensorFlow has compiled stays compiled from one run of a page to the next."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def compiled_graphs_kept() -> Iterator[None]:
    """Draw a page, and let no run of a page throw compiled graphs away; to be put around all that may import Keras.

    Where Keras is imported, Streamlit calls ``keras.backend.clear_session`` after every run of a script, for apps that
    build a model in each. That clears the kernels of all graphs of the process and collects garbage. Our networks are
    kept, so each would be made ready anew by the next question: half a second of a MobileNetV2, a tenth of ``best``,
    instead of 5 ms (measured). What Keras would forget belongs to the thread of the script, and goes with it.
    """
    try:
        yield
    finally:
        # Looked up, not imported: most pages never need it. Another thread may be in the middle of importing it.
        if backend := getattr(sys.modules.get("keras"), "backend", None):
            backend.clear_session = _keep_all


def _keep_all(free_memory: bool = True) -> None:
    """Stands for ``keras.backend.clear_session``."""
