from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.docker.daemon import Docker, docker
from tests.docker.images import build, load_base_images
from tests.docker.stack import DOCKERFILE, REPOSITORY, Stack, stack_of
from tests.support.missing import MissingError, skip_or_fail


@pytest.fixture(scope="session")
def docker_daemon() -> Iterator[Docker]:
    with ExitStack() as stack:
        try:
            daemon = stack.enter_context(docker())
        except MissingError as error:
            skip_or_fail(str(error))
        yield daemon


@pytest.fixture(scope="session")
def stack(docker_daemon: Docker) -> Iterator[Stack]:
    """The project with its images built, not started."""
    with stack_of(docker_daemon) as project:
        if docker_daemon.private:
            try:
                load_base_images(docker_daemon)
            except MissingError as error:
                skip_or_fail(str(error))
        build(docker_daemon, project.image, REPOSITORY, DOCKERFILE)
        yield project
