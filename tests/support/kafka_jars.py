"""The broker's jars and the Java that runs them, fetched once and kept beside the repository."""

import fcntl
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from tests.support.missing import MissingError
from tests.support.packages import program

VERSION = "4.1.1"
PACKAGES = "openjdk-17-jre-headless maven"

_REPOSITORY = Path(__file__).resolve().parents[2]
_POM = Path(__file__).with_name("kafka-pom.xml")


def cache_folder() -> Path:
    """Where fetched things stay between runs: LEADSTREAM_TEST_CACHE, or .cache in the repository."""
    return Path(os.environ.get("LEADSTREAM_TEST_CACHE") or _REPOSITORY / ".cache")


def kafka_jars() -> Path:
    """Give the folder with the broker's jars, fetching them with Maven the first time.

    Two processes may ask at once: one fetches, the other waits. A fetch cut short leaves nothing that looks finished.

    Raises:
        MissingError: Maven is missing or could not fetch them.
    """
    return jars_of(_POM, f"kafka-{VERSION}")


def jars_of(pom: Path, name: str) -> Path:
    """Give the folder with the jars that a Maven file names, fetched the first time; see `kafka_jars`.

    Args:
        pom: the file; a changed one is fetched anew.
        name: of the folder, its first part.

    Raises:
        MissingError: Maven is missing or could not fetch them.
    """
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:8]
    folder = cache_folder() / f"{name}-{digest}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _fetch(pom, folder)
    return folder


def java() -> str:
    """Give the path of `java`.

    Raises:
        MissingError: there is none.
    """
    return _command("java")


def _fetch(pom: Path, folder: Path) -> None:
    maven = _command("mvn")
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent) as partial:
        libs = Path(partial) / "libs"
        run = subprocess.run(
            [maven, "-q", "-B", "-f", pom, "dependency:copy-dependencies", f"-DoutputDirectory={libs}"],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if run.returncode or not any(libs.glob("kafka*.jar")):
            tail = "\n".join((run.stdout + run.stderr).splitlines()[-15:])
            raise MissingError(f"Maven could not fetch {folder.name}:\n{tail}")
        libs.rename(folder)


def _command(name: str) -> str:
    return program(name, PACKAGES, f"a real Kafka needs {name}")
