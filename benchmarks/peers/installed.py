"""The peers as they are installed: in a place of their own beside the repository, so that no pin of ours moves."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

from tests.support.kafka_jars import cache_folder, jars_of, java
from tests.support.missing import MissingError

_HERE = Path(__file__).parent
_REQUIREMENTS, _POM = _HERE / "requirements.txt", _HERE / "pom.xml"


def python() -> str:
    """The interpreter that has the Python peers, installed the first time.

    Raises:
        MissingError: they could not be installed.
    """
    folder = cache_folder() / f"peers-{hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:8]}"
    done = folder / "done"
    if not done.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                _install(folder)
                done.touch()
    return str(folder / "bin" / "python")


def kafka_streams() -> list[str]:
    """The command that runs the Kafka Streams peer, without its arguments; Java compiles the one file as it starts.

    Raises:
        MissingError: there is no Java, or Maven could not fetch the jars.
    """
    jars = jars_of(_POM, "kafka-streams")
    return [java(), "-Xmx2g", "-cp", f"{jars}/*", str(_HERE / "KafkaStreamsScores.java")]


def _install(folder: Path) -> None:
    install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(_REQUIREMENTS)]
    for command in ([sys.executable, "-m", "venv", str(folder)], [str(folder / "bin" / "python"), *install]):
        run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if run.returncode:
            tail = "\n".join((run.stdout + run.stderr).splitlines()[-10:])
            raise MissingError(f"the peers could not be installed:\n{tail}")
