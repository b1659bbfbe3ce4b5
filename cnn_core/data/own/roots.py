"""Which folders of the server people may bring pictures from: those that its operator names, and no others."""

from __future__ import annotations

import os
from pathlib import Path

from cnn_core.errors import DatasetError

VARIABLE = "CNN_LAB_FOLDERS"
# So many paths are offered to choose from; others can be typed.
_MOST_OFFERED = 500


def allowed_folders() -> tuple[Path, ...]:
    """The folders that ``CNN_LAB_FOLDERS`` names, as they stand on the disk; none if it is not set."""
    named = filter(None, (text.strip() for text in os.environ.get(VARIABLE, "").split(os.pathsep)))
    # One that is relative would depend on where the server was started.
    paths = [Path(text).expanduser() for text in named]
    return tuple(dict.fromkeys(path.resolve() for path in paths if path.is_absolute()))


def offered_paths() -> list[str]:
    """Folders and ZIPs that lie right in the allowed folders, and these folders themselves; hidden ones are not."""
    offered: list[str] = []
    for root in allowed_folders():
        try:
            inner = sorted(path for path in root.iterdir() if not path.name.startswith(".") and not path.is_symlink())
        except OSError:  # named, but not there
            continue
        offered += [str(path) for path in inner if path.is_dir() or path.suffix.lower() == ".zip"]
        offered.append(str(root))
    return offered[:_MOST_OFFERED]


def allowed_path(text: str) -> Path:
    """The path that a person typed, if pictures may be brought from there.

    Raises:
        DatasetError: It does not lie in an allowed folder, whatever links and ``..`` there are in it; or it is not
            there. Of paths elsewhere nothing is told, not even whether they exist.
    """
    roots = allowed_folders()
    try:
        path = Path(text.strip()).expanduser()
        resolved = path.resolve() if path.is_absolute() else None
    except (OSError, ValueError, RuntimeError):
        resolved = None
    if resolved is None or not any(resolved.is_relative_to(root) for root in roots):
        named = ", ".join(f"'{root}'" for root in roots) or "none"
        raise DatasetError(
            f"'{text.strip()}' is not in a folder that pictures may be brought from. Allowed: {named}. Name a path "
            f"inside, or ask whoever runs the server to add its folder to {VARIABLE}."
        )
    if not _is_there(resolved):
        raise DatasetError(f"'{resolved}' does not exist. Name a folder of class folders, or a ZIP of them.")
    return resolved


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that no disk takes, or a folder that may not be looked into
        return False
