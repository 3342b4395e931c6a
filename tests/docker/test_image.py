import pytest

from tests.docker.stack import Stack

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


def test_the_compose_file_is_valid(stack: Stack) -> None:
    stack.compose("config", "--quiet")


def test_the_image_runs_as_nobody_special_with_our_program_and_no_tools_to_change_it(stack: Stack) -> None:
    configured = stack.inspect(stack.image)["Config"]
    assert configured["User"] == "10001:10001"
    assert configured["Entrypoint"] == ["leadstream"]
    assert configured["Healthcheck"]["Test"] == ["CMD", "leadstream-healthy"]


def test_our_rooms_can_be_imported_in_the_image_on_a_read_only_root(stack: Stack) -> None:
    rooms = "import engine, events, leadstream, projections, streams, faust, aiokafka, apsw, fastapi, psycopg, pyarrow"
    stack.docker.run("run", "--rm", "--read-only", "--entrypoint", "python", stack.image, "-c", rooms)


@pytest.mark.parametrize(
    ("files", "healthy"),
    [
        ("true", False),
        ("touch heartbeat-worker", True),
        ("touch -d '-31 seconds' heartbeat-worker", False),
        ("touch heartbeat-worker; touch -d '-31 seconds' heartbeat-projector", False),
    ],
)
def test_a_container_is_healthy_while_all_its_heartbeats_are_fresh(stack: Stack, files: str, healthy: bool) -> None:
    script = f"cd /data; {files}; if leadstream-healthy >/dev/null; then echo yes; else echo no; fi"
    said = stack.docker.run("run", "--rm", "--read-only", "--entrypoint", "sh", stack.image, "-c", script)
    assert said.strip() == ("yes" if healthy else "no")
