"""The errors that a person can act on. Everything else is a bug and is left to crash loudly.

Every message says what happened, what was expected, what came, and what to do::

    CnnLabError
    ├── ConfigError     a setting is unknown, out of range, or does not go with another
    ├── DatasetError    a dataset, or published weights, are unknown, missing, truncated or altered
    ├── PictureError    a picture cannot be read, or is larger than can be read safely
    ├── RunError        a run is unknown, unfinished, damaged, or of another version
    └── StorageError    a folder cannot be written, or its disk is full
"""


class CnnLabError(Exception):
    """Something that a person can mend. Its text is written for that person."""


class ConfigError(CnnLabError):
    """A setting is unknown, out of range, or does not go with another."""


class DatasetError(CnnLabError):
    """A dataset, or a file of published weights, is unknown, missing, truncated or altered."""


class PictureError(CnnLabError):
    """A picture cannot be read, or is larger than can be read safely."""


class RunError(CnnLabError):
    """A run is unknown, unfinished, damaged, or was written by another version."""


class StorageError(CnnLabError):
    """A folder cannot be written, or its disk is full."""
