"""Programs of Debian's packages that tests need: found, or installed where this run must prove everything."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.support.missing import MissingError, in_ci

T = TypeVar("T")
_LOCK = Path(tempfile.gettempdir()) / "leadstream-tests-apt.lock"


def found_or_installed(look: Callable[[], T | None], packages: str, what: str) -> T:
    """What `look` finds. Where it finds nothing, CI=true and this is root, the packages are installed first.

    Several processes may ask at once: one installs, the others wait.

    Args:
        look: finds it, or gives None.
        packages: names of Debian's packages, with blanks between.
        what: who needs what, for the message, such as `a real Kafka needs java`.

    Raises:
        MissingError: it is not there; the message says what to install.
    """
    found = look()
    if found is None and in_ci() and os.geteuid() == 0 and shutil.which("apt-get"):
        with _LOCK.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = look()
            if found is None:
                _install(packages.split())
                found = look()
    if found is None:
        raise MissingError(f"{what}: apt-get install --no-install-recommends {packages}")
    return found


def program(name: str, packages: str, what: str) -> str:
    """The path of a program, see `found_or_installed`."""
    return found_or_installed(lambda: shutil.which(name), packages, what)


def _install(packages: list[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *command], check=False, env=quiet, stdout=subprocess.DEVNULL)
