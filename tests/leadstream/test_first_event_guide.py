"""What docs/first-event.md and README.md show is what happens: their programs run as they stand there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from events.codec import Codec
from leadstream.publishing import Refused, check
from leadstream.sdk.errors import NotAllowed, NotConfigured, NotPublished
from leadstream.sdk.sending import Pace
from tests.leadstream.cli.house import House
from tests.support.kafka import KafkaCluster
from tests.support.missing import MissingError, skip_or_fail
from tests.support.packages import program
from tests.support.ports import free_ports
from tests.support.process import REPOSITORY, leadstream

GUIDE = (REPOSITORY / "docs" / "first-event.md").read_text(encoding="utf-8")
GATEWAY = (REPOSITORY / "docs" / "gateway.md").read_text(encoding="utf-8")
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str, page: str = GUIDE) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def python(program: str, folder: Path, env: dict[str, str]) -> str:
    """What a program prints, run in a folder."""
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder, env={**os.environ, "PYTHONPATH": path, **env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if line[:1] != "%"] == []  # librdkafka tells what it tries again
    return done.stdout


def told_facts(lead: str, folder: Path, env: dict[str, str], *expected: str) -> None:
    """Look at the story of a lead until it tells so many facts. A record that is passed on comes after later ones."""
    for _ in range(60):
        with leadstream("lead", lead, "--format", "json", log=folder / f"{lead}.log", env=env, cwd=folder) as asking:
            code, found = asking.wait(60), asking.output()
        facts = [fact["fact"] for fact in json.loads(found)["facts"]] if code == 0 else []
        if len(facts) >= len(expected):
            assert sorted(facts) == sorted(expected)
            return
    raise AssertionError(f"{lead} tells {found}")


@pytest.mark.slow
def test_the_ways_through_the_gateway_run(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        skip_or_fail("curl is not here; install it")
    (port,) = free_ports(1)
    (tmp_path / "leadstream.toml").write_text(blocks("toml")[0])
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    env = {"LEADSTREAM_GATEWAY_PORT": str(port), "PYTHONPATH": path}

    def here(text: str) -> str:
        return text.replace("127.0.0.1:8080", f"127.0.0.1:{port}")

    def shell(script: str) -> str:
        script = here(script).replace("$(leadstream ", f"$({sys.executable} -m leadstream ")
        done = subprocess.run(
            ["bash", "-ec", script], cwd=tmp_path, env={**os.environ, **env}, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    install, make_key, up = blocks("sh")[0].splitlines()
    assert (install, up) == ("pip install 'leadstream[gateway]'", "leadstream up &")
    env["KEY"] = shell(f"{make_key}\necho $KEY").strip()
    with leadstream("up", log=tmp_path / "up.log", env=env, cwd=tmp_path) as running:
        running.wait_for("gateway on http", 120)
        (action,) = re.findall(r'action="([^"]+)"', blocks("html")[0])
        told: Any = json.loads(shell(f"curl -s '{action}' -d email=ada@example.com -d company=Example"))
        assert told["outcome"] == "accepted"
        assert shell(blocks("sh")[1]) == blocks("json")[0].strip()
        assert json.loads(shell(blocks("sh")[1]))["duplicate"] == 1
        blocking, asynchronous, _ = blocks("python")
        assert python(here(blocking), tmp_path, env) == blocks("text")[0]
        assert python(here(asynchronous), tmp_path, env) == "accepted  \n" * 3
        python(here(blocking), tmp_path, env)
        told_facts("lead-18", tmp_path, env, "lead.captured", *["lead.touched"] * 3)
        story = json.loads(shell(blocks("sh")[3].splitlines()[1]))
        assert [fact["fact"] for fact in story["facts"]] == ["lead.captured", *["lead.touched"] * 3]
        assert running.stop(60) == 0, running.tail()


@pytest.mark.kafka
@pytest.mark.slow
def test_the_ways_to_kafka_run(tmp_path: Path, kafka: KafkaCluster, topic_prefix: str) -> None:
    env = {"LEADSTREAM_PREFIX": topic_prefix, "LEADSTREAM_BROKER": kafka.url}
    create, worker = blocks("sh")[2].splitlines()
    for line, command in ((create, "topics create"), (worker, "worker &")):
        assert line == f"leadstream --broker kafka://localhost:9092 {command}"
    with leadstream("topics", "create", log=tmp_path / "topics.log", env=env, cwd=tmp_path) as creating:
        assert creating.wait(120) == 0, creating.tail()
    program = (
        blocks("python")[2]
        .replace("localhost:9092", kafka.bootstrap)
        .replace('"lead-inbox"', f'"{topic_prefix}lead-inbox"')
    )
    assert python(program, tmp_path, env) == "in the log: lead-19\n"
    for line in (blocks("text")[1], *(block for block in blocks("text", GATEWAY) if "kcat" in block)):
        written = (
            line.replace("kcat -b localhost:9092", f"{with_kcat()} -b {kafka.bootstrap}")
            .replace("-t lead-inbox ", f"-t {topic_prefix}lead-inbox ")
        )  # fmt: skip
        assert written.count(kafka.bootstrap) == written.count(f"{topic_prefix}lead-inbox") == 1, line
        done = subprocess.run(
            ["bash", "-ec", f"set -o pipefail; {written}"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    with leadstream("worker", log=tmp_path / "worker.log", env=env, cwd=tmp_path):
        told_facts("lead-19", tmp_path, env, "lead.captured", "lead.touched")
        told_facts("lead-1", tmp_path, env, "lead.touched")


def with_kcat() -> str:
    try:
        return program("kcat", "kcat", "the lines of the guides need kcat")
    except MissingError as missing:
        skip_or_fail(str(missing))


def test_the_records_that_the_guides_put_into_the_inbox_are_facts() -> None:
    lines = [
        line
        for page in (GUIDE, GATEWAY)
        for block in blocks("text", page)
        if "kcat" in block
        for line in re.findall(r"echo '(.*?)'", block, re.DOTALL)
    ]
    assert len(lines) == 2
    for line in lines:
        key, _, value = line.replace("\n", "").partition("|")
        found = check(1, value.encode(), Codec())
        assert not isinstance(found, Refused), found
        assert found.subject == key


def test_the_guide_names_what_can_be_set_and_what_is_raised() -> None:
    pace = Pace()
    for name, text in (("linger", "0 s"), ("batch", "1,000"), ("buffer", "32 MiB"), ("patience", "120 s")):
        assert f"| `{name}` | {text} |" in GUIDE
    assert (pace.linger, pace.batch, pace.buffer, pace.patience) == (0, 1_000, 32 << 20, 120)
    assert (pace.first_pause, pace.longest_pause) == (0.1, 5)
    for failure in (NotAllowed, NotConfigured, NotPublished):
        assert f"| `{failure.__name__}` |" in GUIDE


@pytest.mark.slow
def test_the_program_of_the_readme_publishes_to_the_log_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("LEADSTREAM_")]:
        monkeypatch.delenv(name)
    (program,) = blocks("python", README)
    for _ in range(2):
        assert python(program, tmp_path, {}) == ""
    monkeypatch.chdir(tmp_path)
    house = House(tmp_path)
    (tmp_path / "leadstream-data").rename(house.data)
    house.decide()
    assert [fact["fact"] for fact in house.rows("lead", "lead-2")] == ["lead.captured", "lead.touched"]
