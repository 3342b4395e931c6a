"""A Docker daemon for the tests: the one that is there, or a private one that leaves nothing behind."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docker.tools import DOCKER, DOCKERD, compose_plugin, need_daemon_tools
from tests.support import reaper
from tests.support.process import Process


@dataclass(frozen=True)
class Docker:
    """A way to a daemon.

    Attributes:
        program: the client.
        env: the environment that leads the client to the daemon.
        private: ours alone, without access to image registries: images must be put into it.
    """

    program: Path
    env: Mapping[str, str]
    private: bool

    def run(self, *arguments: str | Path, stdin: str | None = None, timeout: float = 600.0) -> str:
        """Run the client and give what it printed.

        Raises:
            AssertionError: it failed; with what it said.
        """
        run = subprocess.run(
            [self.program, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **self.env},
            check=False,
        )
        if run.returncode:
            raise AssertionError(f"docker {' '.join(map(str, arguments))} ended with {run.returncode}:\n{run.stderr}")
        return run.stdout


@contextlib.contextmanager
def docker() -> Iterator[Docker]:
    """Give the daemon this user has, with its compose plugin; else a private one.

    Raises:
        MissingError: neither can be had.
    """
    if (found := shutil.which("docker")) and _answers(own := Docker(Path(found), {}, private=False)):
        yield own
        return
    need_daemon_tools()
    with _private_daemon() as private:
        yield private


def _answers(candidate: Docker) -> bool:
    with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
        candidate.run("info", timeout=10.0)
        candidate.run("compose", "version", timeout=10.0)
        return True
    return False


@contextlib.contextmanager
def _private_daemon() -> Iterator[Docker]:
    folder = Path(tempfile.mkdtemp(prefix="leadstream-docker-"))
    reaper.watch_folder(folder)
    plugins = folder / "config" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(compose_plugin())
    socket = f"unix://{folder}/docker.sock"
    leads_there = {"DOCKER_HOST": socket, "DOCKER_CONFIG": str(folder / "config"), "DOCKER_BUILDKIT": "1"}
    client = Docker(DOCKER, leads_there, private=True)
    bridges = _bridges()
    daemon = Process(_daemon_command(folder, socket), log=folder / "dockerd.log")
    try:
        _wait_for(client, daemon)
        yield client
    finally:
        daemon.kill()
        for bridge in _bridges() - bridges:
            subprocess.run(["ip", "link", "delete", bridge], check=False)
        shutil.rmtree(folder, ignore_errors=True)
        reaper.forget_folder(folder)


def _daemon_command(folder: Path, socket: str) -> list[str | Path]:
    """The daemon as the second process of its own process and mount namespaces.

    When their first process dies, by our kill or by the reaper's, the kernel ends everything inside: containers, their
    shims, every mount. Without iptables nothing of the host's firewall is touched; containers reach each other and are
    reached through published loopback ports, and reach nothing outside. All that a killed test run can leave on the
    machine is the stack's bridge, with nothing on it.
    """
    own_namespaces = ["unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "tini", "-g", "--"]
    daemon = [
        *(str(DOCKERD), "--host", socket, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
        *("--pidfile", f"{folder}/docker.pid", "--iptables=false", "--ip6tables=false", "--ip-forward=false"),
        "--oom-score-adjust=0",
    ]
    return [*own_namespaces, *daemon]


def _wait_for(client: Docker, daemon: Process) -> None:
    until = time.monotonic() + 60.0
    while True:
        try:
            client.run("info", timeout=10.0)
        except (AssertionError, subprocess.TimeoutExpired):
            if not daemon.alive or time.monotonic() > until:
                raise AssertionError(f"the Docker daemon did not start:\n{daemon.tail()}") from None
            time.sleep(0.1)
        else:
            return


def _bridges() -> set[str]:
    """Docker's bridges on this machine; the private daemon's are those that came with it."""
    names = (path.name for path in Path("/sys/class/net").iterdir())
    return {name for name in names if re.fullmatch(r"docker0|br-[0-9a-f]{12}", name)}
