"""A file that appears whole, under its name, or not at all."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

Told = Callable[[int], None]
"""Told how many more rows were written."""
_NEW = 0o666
_UMASK = 0o022


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Write beside it, and take its place when all is on the disk; what fails leaves nothing behind.

    Raises:
        OSError: there is no room, or no right.
    """
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(path.stat().st_mode & 0o777 if path.exists() else _NEW & ~_UMASK)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
