"""`leadstream repair` looks, says what is wrong and what it costs, and acts only when told to."""

import asyncio
import json

import pytest

from engine.ports import NewRecord, Writes
from engine.state import POSITION
from leadstream.deployment import opened
from streams.programs import LEADS
from tests.leadstream.cli.house import House


def lose_a_state(house: House) -> str:
    """Take the state of one lead out of the changelog, past everybody; its name."""

    async def lose() -> str:
        async with opened(house.settings) as log:
            for partition in range(house.partitions):
                handle = log.task(LEADS, partition)
                keys = sorted(set((await handle.open()).changelog) - {POSITION})
                if keys:
                    await handle.commit(Writes(changelog=[NewRecord(keys[0], None)]))
                await handle.close()
                if keys:
                    return keys[0].decode()
        raise AssertionError("nobody has a state")

    return asyncio.run(lose())


def decided(house: House) -> House:
    house.publish_agreement()
    assert house.import_history().exit_code == 0
    house.decide("--until", "2012-01-03")
    return house


def test_where_nothing_is_wrong_it_says_so(house: House) -> None:
    decided(house)
    assert house.run("repair").stdout == "nothing to repair\n"
    assert json.loads(house.run("repair", "--yes", "--format", "json").stdout) == []


@pytest.mark.slow
def test_it_looks_first_and_acts_when_told_to(house: House) -> None:
    decided(house)
    lose_a_state(house)
    house.refused("verify")
    for _ in range(2):  # a look changes nothing
        said = house.refused("repair", "--format", "json")
        assert said == "leadstream: nothing was changed; look at what it loses, then: leadstream repair --yes\n"
    (row,) = json.loads(house.run("repair", "--yes", "--format", "json").stdout)
    assert (row["found"], row["loses"]) == ("1 other than the facts say", "nothing")
    assert house.run("repair").stdout == "nothing to repair\n"
    assert house.run("verify").exit_code == 0
