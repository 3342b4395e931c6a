"""Our compose project, run as a user would, under a name of its own."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docker.daemon import Docker
from tests.support.ports import free_ports

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE_FILE = REPOSITORY / "docker" / "compose.yaml"
DOCKERFILE = REPOSITORY / "docker" / "Dockerfile"
WAYS_IN = Path(__file__).with_name("ways-in.toml")


@dataclass(frozen=True)
class Stack:
    """A compose project.

    Attributes:
        docker: with the project's variables in its environment.
        name: the project's name.
        image: the tag of our image.
        kafka: the broker's address on the loopback, as Kafka clients want it.
        gateway: the gateway's address on the loopback.
    """

    docker: Docker
    name: str
    image: str
    kafka: str
    gateway: str

    @property
    def offline(self) -> tuple[str, ...]:
        """Options for `up` on a daemon that has all images and can pull none."""
        return ("--no-build", "--pull", "never") if self.docker.private else ("--no-build",)

    def compose(self, *arguments: str, stdin: str | None = None) -> str:
        """Run `docker compose` on the project and give what it printed."""
        return self.docker.run("compose", "-p", self.name, "-f", COMPOSE_FILE, *arguments, stdin=stdin)

    def up(self, seconds: int = 180) -> None:
        """Start everything and wait until all of it is healthy.

        Raises:
            AssertionError: something did not become healthy; with the containers' logs.
        """
        try:
            self.compose("up", "-d", *self.offline, "--wait", "--wait-timeout", str(seconds))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.compose('logs', '--tail', '30')}") from None

    def containers(self, service: str) -> list[str]:
        """The ids of a service's running containers."""
        return self.compose("ps", "-q", service).split()

    def leadstream(self, service: str, *arguments: str, stdin: str | None = None) -> str:
        """Run our command line in a running container of a service."""
        return self.compose("exec", "-T", service, "leadstream", *arguments, stdin=stdin)

    def kill(self, container: str) -> None:
        """kill -9 a container; Docker takes it for meant and does not start it again."""
        self.docker.run("kill", "--signal", "KILL", container)

    def inspect(self, container: str) -> Any:
        """What Docker knows of a container."""
        return json.loads(self.docker.run("inspect", container))[0]


@contextmanager
def stack_of(docker: Docker) -> Iterator[Stack]:
    """Name the project; whatever the test started of it is gone afterwards, volumes and all."""
    name = f"leadstream-test-{os.getpid()}"
    image = f"{name}:local"
    port, gateway = free_ports(2)
    variables = {
        "LEADSTREAM_IMAGE": image,
        "LEADSTREAM_KAFKA_PORT": str(port),
        "LEADSTREAM_GATEWAY_PORT": str(gateway),
        "LEADSTREAM_GATEWAY_CONFIG": str(WAYS_IN),
    }
    ours = Docker(docker.program, {**docker.env, **variables}, docker.private)
    stack = Stack(ours, name, image, f"127.0.0.1:{port}", f"http://127.0.0.1:{gateway}")
    try:
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "5", "--remove-orphans")
