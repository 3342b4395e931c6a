"""A disk that is small enough to be filled."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.missing import skip_or_fail


def noise(name: str) -> str:
    """Text of 4,000 characters that hardly gets smaller."""
    return hashlib.shake_256(name.encode()).hexdigest(2000)


class Disk:
    """A disk of forty-eight megabytes, and what else lies on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._other = folder, folder / "other"

    def fill(self, *, but: int = 0) -> None:
        """Leave no more than so many bytes free, to the page."""
        with self._other.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                file.truncate(max(0, file.tell() - but))

    def free(self) -> None:
        self._other.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        skip_or_fail("a small disk needs the right to mount one: run as root")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
