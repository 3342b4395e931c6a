"""A dead letter that is put back is mended in the transaction that takes its record, on either log, whoever dies."""

import asyncio
import signal

import orjson
import pytest
from click.testing import CliRunner

from engine.failpoints import VARIABLE
from engine.partitioning import partition_of
from engine.ports import NewRecord, Record
from engine.reading import records_of
from events.topics import OPPORTUNITY_EVENTS, OPPORTUNITY_INBOX, OUTCOMES
from leadstream.cli import main
from leadstream.deployment import opened
from tests.leadstream.cli.house import fact
from tests.support.process import leadstream
from tests.system.conftest import MakeHome
from tests.system.homes import Home

DEAL = b"o-1"
OPENED = fact(
    "opportunity.opened", "o-1", 1, "2026-03-02T09:00:00Z", account="a", name="n", stage="s", currency="EUR",
    amount_minor=1,
)  # fmt: skip
ADDED = fact("opportunity.product_added", "o-1", 2, "2026-03-02T10:00:00Z", line="l", product="p", amount_minor=1)
REMOVED = fact("opportunity.product_removed", "o-1", 3, "2026-03-02T11:00:00Z", line="l")
PARTITIONS = 2


def send(home: Home, *lines: bytes) -> None:
    async def sent() -> None:
        async with opened(home.settings) as log:
            records = [NewRecord(DEAL, each) for each in lines]
            await log.append({(OPPORTUNITY_INBOX, partition_of(DEAL, PARTITIONS)): records})

    asyncio.run(sent())


def told(home: Home, topic: str) -> list[dict[str, object]]:
    """What stands in a topic, in order."""

    async def read() -> list[Record]:
        async with opened(home.settings) as log:
            return [
                record for at in range(PARTITIONS) for record in [each async for each in records_of(log, topic, at)]
            ]

    return [orjson.loads(each.value or b"") for each in asyncio.run(read()) if (each.key or b"")[:1] != b"\0"]


def run(home: Home, *arguments: str) -> str:
    """A command of ours in this process: only the one that is killed needs one of its own."""
    result = CliRunner(catch_exceptions=False).invoke(main, list(arguments), env=home.environment)
    assert result.exit_code == 0, result.output
    return result.stdout


def letters(home: Home, *arguments: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = orjson.loads(run(home, "dead-letters", "list", "--format", "json", *arguments))
    return found


@pytest.mark.parametrize("step", ["commit.begun", "commit.written", "commit.done"])
def test_a_worker_that_is_killed_while_it_takes_a_record_that_was_put_back_mends_its_letter_once(
    make_home: MakeHome, kind: str, step: str
) -> None:
    home = make_home(kind, partitions=PARTITIONS)
    run(home, "topics", "create")
    send(home, OPENED, REMOVED)
    run(home, "run", "--until-idle")
    (letter,) = letters(home)
    assert (letter["reason"], letter["status"]) == ("unknown_line", "open")
    send(home, ADDED)
    run(home, "run", "--until-idle")
    run(home, "dead-letters", "retry", str(letter["id"]))
    environment = {**home.environment, VARIABLE: f"{step}:kill"}
    dying = leadstream("run", "--until-idle", log=home.folder / "dying.log", env=environment, cwd=home.cwd)
    home.processes.append(dying)
    assert dying.wait(120) == -signal.SIGKILL, dying.tail()
    run(home, "run", "--until-idle")
    assert letters(home) == []
    (mended,) = letters(home, "--status", "all")
    assert mended == {**letter, "status": "mended", "tries": 1, "by": "deals", "changed_at": mended["changed_at"]}
    assert told(home, OUTCOMES) == [{"letter": letter["id"], "outcome": "mended", "by": "deals"}]
    types = [each["type"] for each in told(home, OPPORTUNITY_EVENTS)]
    assert types.count("opportunity.product_removed.v1") == 1
