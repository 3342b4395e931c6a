"""The directory a demo lives in: marked, so that nothing else is ever wiped, and locked while a demo runs in it."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARKER = "SIMULATED"
"""Name of the file that marks a demo directory."""
_TEXT = """\
Everything in this directory is SIMULATED: it was made by `leadstream demo` and is wiped when a demo starts here again.
"""


class NotOurs(Exception):
    """The directory cannot be used; the message says why and what to do."""


@contextmanager
def demo_home(path: Path) -> Iterator[Path]:
    """Make the directory, or wipe what a former demo left in it, and keep others out until the end.

    Raises:
        NotOurs: it holds something that no demo made, or another demo runs in it.
        OSError: it cannot be made.
    """
    path.mkdir(parents=True, exist_ok=True)
    if any(path.iterdir()) and not (path / MARKER).is_file():
        raise NotOurs(f"{path} is not empty and was not made by a demo; give another --data-dir")
    with (path / MARKER).open("a") as marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise NotOurs(f"another demo runs in {path}; stop it or give another --data-dir") from exc
        if marker.tell() == 0:
            marker.write(_TEXT)
            marker.flush()
        _wipe(path)
        yield path


def _wipe(path: Path) -> None:
    for child in path.iterdir():
        if child.name == MARKER:
            continue
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        else:
            child.unlink()
