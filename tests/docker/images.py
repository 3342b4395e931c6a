"""Base images for a daemon without a registry, made of Debian's packages and, for Kafka, the jars the tests use anyway.

They prove our Dockerfile, our compose file and our program. They do not prove that the published base images behave the
same; a run on a daemon that can pull them does (the tests prefer such a daemon where there is one).
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.docker.daemon import Docker
from tests.support.kafka_jars import cache_folder, kafka_jars

PYTHON_IMAGE = "python:3.11-slim-bookworm"
KAFKA_IMAGE = "apache/kafka:4.1.1"

_KAFKA_STANDIN = Path(__file__).with_name("kafka-standin")
_JAVA_IMAGE = "leadstream-standin-java"
_SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
_PATH = "PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"


@dataclass(frozen=True)
class RootFolder:
    """A root file system of Debian packages.

    Attributes:
        name: of its file in the tests' cache.
        packages: besides the essential ones.
        hooks: shell lines run at the end, with the new root as $1.
    """

    name: str
    packages: tuple[str, ...]
    hooks: tuple[str, ...]


_SLIM = 'rm -rf "$1"/usr/share/doc "$1"/usr/share/man "$1"/usr/share/locale "$1"/var/cache/apt/*'
_PYTHON = RootFolder(
    "standin-python",
    ("ca-certificates", "python3", "python3-pip", "python3-venv"),
    (
        # The published image has its own Python in /usr/local, free for pip to install into.
        'for n in python python3; do ln -s /usr/bin/python3 "$1/usr/local/bin/$n"; done',
        'ln -s /usr/bin/pip3 "$1/usr/local/bin/pip"; rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED',
        # A machine behind its own certificate authority says so in these two files; builds need them too.
        'if [ -e /etc/pip.conf ]; then cp /etc/pip.conf "$1/etc/"; fi',
        'cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"',
        _SLIM,
    ),
)
_JAVA = RootFolder("standin-java", ("openjdk-17-jre-headless",), (_SLIM,))


def load_base_images(docker: Docker) -> None:
    """Put the stand-ins for the images our Dockerfile and compose file start from into a private daemon."""
    docker.run("import", "-c", f"ENV {_PATH}", "-c", 'CMD ["python3"]', _archive(_PYTHON), PYTHON_IMAGE)
    docker.run("import", "-c", f"ENV {_PATH}", _archive(_JAVA), _JAVA_IMAGE)
    with tempfile.TemporaryDirectory(prefix="leadstream-kafka-image-") as context:
        shutil.copytree(_KAFKA_STANDIN, context, dirs_exist_ok=True)
        shutil.copytree(kafka_jars(), Path(context) / "libs")
        build(docker, KAFKA_IMAGE, Path(context), Path(context) / "Dockerfile")


def build(docker: Docker, tag: str, context: Path, dockerfile: Path) -> None:
    """Build an image. A private daemon's containers reach nothing outside, its builds use the host's network."""
    network = ("--network", "host") if docker.private else ()
    docker.run("build", "-q", *network, "-t", tag, "-f", dockerfile, context)


def _archive(root: RootFolder) -> Path:
    """Give the root file system as a tar file, made once; named by its content's recipe."""
    recipe = hashlib.sha256(repr(root).encode()).hexdigest()[:8]
    archive = cache_folder() / f"{root.name}-{recipe}.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with (archive.parent / f"{archive.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            _make(root, archive)
    return archive


def _make(root: RootFolder, archive: Path) -> None:
    source = next(path for path in _SOURCES if path.is_file() and path.stat().st_size)
    hooks = [f"--customize-hook={hook}" for hook in root.hooks]
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        partial = Path(folder) / "root.tar"
        packages = f"--include={','.join(root.packages)}"
        run = subprocess.run(
            ["mmdebstrap", "-q", "--variant=minbase", packages, *hooks, "bookworm", partial, source],
            capture_output=True,
            text=True,
            env={**os.environ, "TMPDIR": folder},
            check=False,
        )
        if run.returncode:
            raise AssertionError(f"{root.name} could not be made:\n{run.stderr[-3000:]}")
        partial.rename(archive)
