"""What the commands share: the application, options, and how errors end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cnn_core.errors import CnnLabError, StorageError

app = typer.Typer(
    name="cnn_core",
    help="Train convolutional image classifiers and question them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only, on stdout.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its path, or 'showcase'.")]


def fail(error: CnnLabError, status: int) -> None:
    """Say what went wrong, and end with an exit status."""
    say(f"Error: {error}")
    sys.exit(status)


def say(text: str, end: str = "\n") -> None:
    """Write to stderr: stdout is for results."""
    print(text, file=sys.stderr, end=end, flush=True)


@contextmanager
def wrong_call() -> Iterator[None]:
    """Whatever is wrong in here, the call asked for something that is not there or not possible; disks apart."""
    try:
        yield
    except StorageError:
        raise
    except CnnLabError as error:
        fail(error, status=2)
