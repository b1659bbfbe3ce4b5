"""The augmentation of a run as source: the app's own functions, reduced to what the run uses.

They are copied from the files that the training runs, so script and app cannot drift apart. The files are read, not
imported: a page that shows the code does not wait for TensorFlow.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from cnn_core.config import AugmentationConfig
from cnn_core.script.code import LINE_LENGTH, names_in

_CORE = Path(__file__).parents[1]
_FILES = {
    name: _CORE / folder / f"{name}.py"
    for folder, names in {
        "training": ("augment", "pictures", "warp", "pixels"),
        "images": ("tones",),
        "sketches": ("geometry", "garments", "accessories", "hand", "bank"),
    }.items()
    for name in names
}
# What the settings are called in the functions.
_CONFIG = "config"


@lru_cache(maxsize=64)
def augmentation_code(config: AugmentationConfig) -> tuple[str, ...]:
    """``augment``, ``sketch`` and ``mix``, as far as a run needs them, and what they call.

    Empty where images stay as they are.

    A setting ``config.zoom`` has become the constant ``ZOOM``.
    """
    sources = _sources()
    entries = ["augment"] if config.changes_images else []
    entries += ["sketch"] if config.sketches else []
    entries += ["mix"] if config.mixes_labels else []
    found: dict[str, str] = {}
    queue = [*entries, *(["make_sketches", "SKETCHES_OF_A_CLASS"] if config.sketches else [])]
    while queue:
        name = queue.pop()
        if name in found or name not in sources:
            continue
        found[name] = _Specialised(sources[name], config).text
        queue += sorted(names_in(found[name]))
    # Two names may stand in one assignment.
    constants = dict.fromkeys(text for name, text in found.items() if name.strip("_").isupper())
    functions = [name for name in sources if name in found and not name.strip("_").isupper()]
    called = [found[name] for name in functions if name not in entries]
    return ("\n".join(constants), *called, *(f"@tf.function\n{found[name]}" for name in entries))


@cache
def _sources() -> dict[str, str]:
    """Source of every function and constant at the top of the files, with the comment above it."""
    sources = {}
    for path in _FILES.values():
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            first = node.lineno - 1
            while first and lines[first - 1].startswith("#"):
                first -= 1
            source = "\n".join(lines[first : node.end_lineno])
            source = re.sub(r"  # type: ignore\S*", "", source)
            if isinstance(node, ast.FunctionDef):
                sources[node.name] = source
            elif isinstance(node, ast.Assign):
                target = node.targets[0]
                for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(name, ast.Name):
                        sources[name.id] = source
    return sources


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    text: str


class _Specialised:
    """Source in which the settings are known: branches not taken and what only they use are gone.

    Works on the text, so that comments and line breaks stay.
    """

    def __init__(self, source: str, config: AugmentationConfig) -> None:
        self._config = config
        self.text = source
        for edits in (self._decided, self._named, self._shortened, self._joined):
            self._apply(edits())
        while unused := self._unused():
            self._apply(unused)

    def _apply(self, edits: list[_Edit]) -> None:
        for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
            self.text = self.text[: edit.start] + edit.text + self.text[edit.end :]

    def _offset(self, line: int, column: int) -> int:
        lines = self.text.splitlines(keepends=True)
        return sum(map(len, lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())

    def _span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _value(self, test: ast.expr) -> bool | None:
        """What a condition comes to; ``None`` if it depends on more than the settings."""
        names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
        if names != {_CONFIG}:
            return None
        return bool(eval(compile(ast.Expression(test), "<condition>", "eval"), {_CONFIG: self._config}))

    def _decided(self) -> list[_Edit]:
        edits: list[_Edit] = []
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.IfExp) and (value := self._value(node.test)) is not None:
                kept = self._span(node.body if value else node.orelse)
                edits.append(_Edit(*self._span(node), self.text[slice(*kept)]))
        self._apply(edits)
        # One statement after the other: what is inside of one moves when it is resolved.
        while (resolved := self._resolved()) is not None:
            self.text = resolved
        return []

    def _resolved(self) -> str | None:
        """The text with its first decidable ``if`` replaced by the branch that is taken."""
        lines = self.text.splitlines()
        for node in ast.walk(ast.parse(self.text)):
            if not isinstance(node, ast.If) or (value := self._value(node.test)) is None:
                continue
            assert node.end_lineno is not None
            branch = node.body if value else node.orelse
            kept: list[str] = []
            if branch:
                assert branch[-1].end_lineno is not None
                kept = lines[branch[0].lineno - 1 : branch[-1].end_lineno]
                is_elif = not value and lines[branch[0].lineno - 1].lstrip().startswith("elif")
                if is_elif:
                    kept[0] = kept[0].replace("elif", "if", 1)
                else:
                    kept = [line.removeprefix("    ") for line in kept]
            return "\n".join([*lines[: node.lineno - 1], *kept, *lines[node.end_lineno :]])
        return None

    def _named(self) -> list[_Edit]:
        """Settings become constants; a function of a module, the function."""
        edits = []
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == _CONFIG:
                    edits.append(_Edit(*self._span(node), node.attr.upper()))
                elif node.value.id in _FILES:
                    edits.append(_Edit(*self._span(node), node.attr))
        return edits

    def _shortened(self) -> list[_Edit]:
        """No configuration is handed on, and a docstring keeps its first paragraph, which speaks of no argument."""
        self.text = re.sub(rf"\b{_CONFIG}(: AugmentationConfig)?, |, {_CONFIG}(: AugmentationConfig)?\b", "", self.text)
        edits = []
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.FunctionDef) and (text := ast.get_docstring(node)):
                assert isinstance(node.body[0], ast.Expr)
                edits.append(_Edit(*self._span(node.body[0].value), f'"""{text.partition(chr(10))[0]}"""'))
        return edits

    def _joined(self) -> list[_Edit]:
        """A signature that has become short enough stands on one line."""
        edits = []
        for found in re.finditer(r"def (\w+)\(\n +(.*)\n\) -> (.*):", self.text):
            line = f"def {found[1]}({found[2]}) -> {found[3]}:"
            if len(line) <= LINE_LENGTH:
                edits.append(_Edit(*found.span(), line))
        return edits

    def _unused(self) -> list[_Edit]:
        """Assignments and inner functions that nothing reads any more."""
        tree = ast.parse(self.text)
        read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        for function in tree.body:
            for node in function.body if isinstance(function, ast.FunctionDef) else []:
                names: set[str] = set()
                if isinstance(node, ast.Assign):
                    names = {name.id for name in ast.walk(node.targets[0]) if isinstance(name, ast.Name)}
                elif isinstance(node, ast.FunctionDef):
                    names = {node.name}
                if names and not names & read:
                    assert node.end_lineno is not None
                    end = self._offset(node.end_lineno, 0) + len(
                        self.text.splitlines(keepends=True)[node.end_lineno - 1]
                    )
                    while self.text.startswith("\n", end):
                        end += 1
                    return [_Edit(self._offset(node.lineno, 0), end, "")]
        return []
