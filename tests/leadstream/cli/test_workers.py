import asyncio
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from leadstream.cli import main
from tests.support.process import leadstream


@pytest.mark.slow
async def test_a_worker_and_a_projector_show_their_metrics_where_they_say(tmp_path: Path) -> None:
    for command in ("worker", "projector"):
        arguments = [command, "--data-dir", tmp_path, "--partitions", "2", "--metrics-port", "0"]
        with leadstream(*arguments, log=tmp_path / f"{command}.log") as process:
            url = (await asyncio.to_thread(process.wait_for, r"metrics on (http://127\.0\.0\.1:\d+/metrics)"))[1]
            async with asyncio.timeout(60):
                while text_of(url).count("\nleadstream_open{") < 2:
                    assert process.alive, process.tail()
                    await asyncio.sleep(0.05)
            assert "leadstream_log_reachable 1.0" in text_of(url)
            assert await asyncio.to_thread(process.stop) == 0


@pytest.mark.slow
async def test_a_static_name_on_the_embedded_log_is_said_to_have_no_effect(tmp_path: Path) -> None:
    arguments = ["worker", "--data-dir", tmp_path, "--static-name", "one"]
    with leadstream(*arguments, log=tmp_path / "worker.log") as process:
        await asyncio.to_thread(process.wait_for, "--static-name has no effect on the embedded log", 60.0)
        assert await asyncio.to_thread(process.stop) == 0


def text_of(url: str) -> str:
    with urlopen(url, timeout=30) as answer:
        text: str = answer.read().decode()
    return text


def test_the_help_says_with_which_code_a_worker_ends_that_does_not_get_on() -> None:
    for command in ("worker", "projector"):
        said = CliRunner().invoke(main, [command, "--help"]).output
        assert "end with exit code" in " ".join(said.split())
        assert "--metrics-port" in said
