"""The core as C: built once per state of the sources, kept beside the repository, never in it."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.kafka_jars import cache_folder
from tests.support.missing import MissingError
from tests.support.process import REPOSITORY

_ROOMS = ("engine", "events", "streams", "projections", "leadstream")
_KEPT = 3


def compiled_core() -> Path:
    """Give the folder that holds our packages with their core compiled; put it first in PYTHONPATH.

    Raises:
        MissingError: there is no C compiler, or it failed.
    """
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        raise MissingError("a C compiler is not there: apt-get install gcc")
    folder = cache_folder() / f"compiled-{_digest()}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "compiled.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _build(folder)
            _forget_older(folder.parent)
    return folder


def _digest() -> str:
    """Of everything that is built, so that a changed source is never met by an old binary."""
    digest = hashlib.sha256(sys.version.encode())
    sources = sorted(path for room in _ROOMS for path in (REPOSITORY / room).rglob("*.py"))
    for path in (REPOSITORY / "setup.py", REPOSITORY / "pyproject.toml", *sources):
        digest.update(str(path.relative_to(REPOSITORY)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _build(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        source, target = Path(made) / "source", Path(made) / "target"
        for room in _ROOMS:
            shutil.copytree(REPOSITORY / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("setup.py", "pyproject.toml", "README.md"):
            shutil.copy(REPOSITORY / name, source / name)
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-build-isolation"]
        done = subprocess.run(
            [*pip, "--no-deps", "--no-compile", "--target", str(target), str(source)],
            env={**os.environ, "LEADSTREAM_COMPILE": "1"}, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise MissingError(f"the core could not be compiled:\n{done.stderr.decode()[-2000:]}")
        target.rename(folder)


def _forget_older(cache: Path) -> None:
    built = sorted(cache.glob("compiled-*"), key=lambda path: path.stat().st_mtime)
    for old in built[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
