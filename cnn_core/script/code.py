"""Pieces of Python source: calls that wrap like ruff's, and the names that a piece uses."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

LINE_LENGTH = 120
INDENT = "    "
# The oldest Keras that the networks here were trained with.
KERAS = "keras>=3.15"
# Images a batch where nothing is learned: large, but the feature maps stay in the cache.
PREDICTION_BATCH = 500


def literal(value: object) -> str:
    """A value as ruff writes it: strings in double quotes, whatever they hold."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{"".join(map(_visible, escaped))}"'
    if isinstance(value, tuple):
        return f"({', '.join(literal(item) for item in value)}{',' if len(value) == 1 else ''})"
    return repr(value)


def assignment(name: str, value: object) -> list[str]:
    """The lines of ``name = value``; a tuple that is too long for one has an item a line."""
    line = f"{name} = {literal(value)}"
    if len(line) <= LINE_LENGTH or not isinstance(value, tuple):
        return [line]
    return [f"{name} = (", *(f"{INDENT}{literal(item)}," for item in value), ")"]


def in_docstring(text: str) -> str:
    """Words of somebody as they may stand in a docstring: on one line, and without ending it."""
    return "".join(map(_visible, text.replace("\\", "/").replace('"', "'")))


def _visible(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")


def call(
    function: str,
    *arguments: str,
    named: Mapping[str, str] | None = None,
    depth: int = 0,
    inside: int = 0,
    before: str = "",
    after: str = "",
) -> list[str]:
    """The lines of a call, on one line where it fits, else an argument a line.

    Args:
        function: What is called.
        arguments: Source of the positional arguments.
        named: Source of the named arguments.
        depth: Levels of indentation.
        inside: Further levels that the lines will be moved by.
        before: Stands before the function, such as ``x = ``.
        after: Stands behind the closing parenthesis, such as ``(x)``.
    """
    parts = [*arguments, *(f"{name}={value}" for name, value in (named or {}).items())]
    indent = INDENT * depth
    line = f"{indent}{before}{function}({', '.join(parts)}){after}"
    room = LINE_LENGTH - len(INDENT) * inside
    if len(line) <= room:
        return [line]
    inner = f"{indent}{INDENT}{', '.join(parts)}"
    if len(inner) <= room:
        return [f"{indent}{before}{function}(", inner, f"{indent}){after}"]
    return [
        f"{indent}{before}{function}(",
        *(f"{indent}{INDENT}{part}," for part in parts),
        f"{indent}){after}",
    ]


def indented(lines: Sequence[str], depth: int = 1) -> list[str]:
    """The lines, moved to the right; empty lines stay empty."""
    return [f"{INDENT * depth}{line}" if line else "" for line in lines]


def names_in(source: str) -> set[str]:
    """The names that some source reads, attributes not counted."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
