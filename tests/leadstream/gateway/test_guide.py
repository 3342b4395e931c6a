"""What docs/gateway.md shows is what happens: its examples run against a real gateway."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from events.codec import Codec
from leadstream.gateway.asking import NAMES
from leadstream.gateway.described import CAPTURED, TOUCHED
from leadstream.gateway.described_reads import REJECT
from leadstream.publishing import Refused, check
from tests.leadstream.gateway.house import BATCH, STRUCTURED, House, body
from tests.support.missing import skip_or_fail
from tests.support.ports import free_ports
from tests.support.process import REPOSITORY, leadstream

GUIDE = (REPOSITORY / "docs" / "gateway.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_examples_of_the_guide_run(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        skip_or_fail("curl is not here; install it")
    (port,) = free_ports(1)
    env = {"LEADSTREAM_DATA_DIR": str(tmp_path / "data"), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def shell(script: str) -> str:
        here = script.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
        done = subprocess.run(["bash", "-ec", here], env={**os.environ, **env}, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    (key_line,) = [line for line in blocks("sh")[1].splitlines() if line.startswith("export KEY=")]
    env["KEY"] = shell(f"{key_line}\necho $KEY").strip()
    env["GATEWAY"] = f"http://127.0.0.1:{port}"
    (tmp_path / "leadstream.toml").write_text(blocks("toml")[0])
    with leadstream("gateway", "--port", str(port), log=tmp_path / "gateway.log", env=env, cwd=tmp_path) as gateway:
        gateway.wait_for("gateway on http", 120)
        assert shell(blocks("sh")[2]) == blocks("json")[0].strip()
        (tmp_path / "first.py").write_text(blocks("python")[0])
        assert shell(f"python {tmp_path}/first.py") == "202 2\n"
        (action,) = re.findall(r'action="([^"]+)"', blocks("html")[0])
        told = orjson.loads(shell(f"curl -s '{action}' -d email=ada@example.com -d company=Example"))
        assert told["outcome"] == "accepted"
        with leadstream("worker", log=tmp_path / "worker.log", env=env):
            told = orjson.loads(shell(blocks("sh")[3].replace("wait=5", "wait=60")))
        assert (told["command"], told["accepted"]) == ("reject-1", False), "nobody handed the lead over"


def test_the_record_that_the_guide_puts_into_the_inbox_is_a_fact() -> None:
    (line,) = re.findall(r"echo '(.*?)'", blocks("text")[0], re.DOTALL)
    key, _, value = line.replace("\n", "").partition("|")
    found = check(1, value.encode(), Codec())
    assert not isinstance(found, Refused), found
    assert found.subject == key


async def test_the_examples_of_the_openapi_document_are_taken(house: House) -> None:
    described = (await house.client.get("/v1/openapi.json")).json()
    bodies = described["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    house.clock.at += 365 * 86_400_000_000
    for media_type in (STRUCTURED, BATCH):
        response = await house.post(body(bodies[media_type]["example"]), media_type)
        assert (response.status_code, response.json()["refused"]) == (202, 0)
    attributes = {f"ce_{name}": value for name, value in CAPTURED.items() if isinstance(value, str)}
    response = await house.post(body(bodies["application/json"]["example"]), "application/json", **attributes)
    assert response.status_code == 202
    assert (await house.command("reject?wait=0", REJECT)).status_code == 202
    assert {value["id"] for value in await house.values()} >= {CAPTURED["id"], TOUCHED["id"]}
    assert set(described["paths"]) == {
        "/v1/events", "/v1/commands/{name}", "/v1/answers/{command_id}", "/v1/leads/{lead_id}",
        "/v1/opportunities/{opportunity_id}", "/v1/views", "/v1/views/{name}", "/v1/hooks/{source}",
    }  # fmt: skip


def test_the_guide_names_every_command() -> None:
    assert all(f"`{name}`" in GUIDE for name in NAMES)
