"""Where the bundled folders are, in a checkout and in an install."""

from importlib.resources import files
from pathlib import Path

_PACKAGE = Path(str(files("aggregator")))


def folder(name: str) -> Path:
    """Return the bundled folder `name` ("templates" or "config").

    An installed wheel carries it inside the package; a checkout has it beside the package.
    """
    beside = _PACKAGE.parent / name
    if (_PACKAGE.parent / "pyproject.toml").is_file() and beside.is_dir():
        return beside
    return _PACKAGE / name
