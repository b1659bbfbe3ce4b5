"""The command line: what the pages do, for scripts and for tests.

With ``--json`` stdout holds JSON and nothing else; progress and messages go to stderr. Exit status: 0; 2 for a wrong
call (an unknown name, a setting out of range); 1 for anything else.
"""

from __future__ import annotations

import io
import sys

from cnn_core.cli import asking, comparing, datasets, listing, training, workers
from cnn_core.cli.app import app, fail
from cnn_core.errors import CnnLabError, ConfigError

__all__ = ["app", "asking", "comparing", "datasets", "listing", "main", "training", "workers"]


def main() -> None:
    """Run the command line; an error that a person can mend becomes a sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # File names need not be valid text; a message about one must come out all the same.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except ConfigError as error:
        fail(error, status=2)
    except CnnLabError as error:
        fail(error, status=1)
