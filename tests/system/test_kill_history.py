"""An import and a run that are killed again and again end as if nothing had happened."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.system.conftest import MakeHome
from tests.system.homes import LOAN_AGREEMENT, LOAN_MAPPING, Outcome, differences, outcome

pytestmark = [pytest.mark.data, pytest.mark.slow]

KILLS = {"import": 4, "run": 6}
LONGEST = {"import": 6.0, "run": 4.0}


@pytest.mark.timeout(900)
async def test_ten_kills_at_random_moments_change_nothing(
    make_home: MakeHome, kind: str, loan_file: Path, reference: Outcome
) -> None:
    home = make_home(kind, session_timeout=1.0)
    home.run("topics", "create")
    home.run("agreement", "publish", LOAN_AGREEMENT, "--as", "head of sales")
    chance, killed = random.Random(2012), 0
    for command, arguments in (("import", (LOAN_MAPPING, loan_file)), ("run", ("--until-idle",))):
        wanted = killed + KILLS[command]
        while killed < wanted:
            process = home.start(command, *arguments)
            await asyncio.sleep(chance.uniform(0.3, LONGEST[command]))  # the moment is what the test is about
            killed += process.alive
            process.kill()
        home.run(command, *arguments, seconds=300)

    assert killed == sum(KILLS.values())
    assert await outcome(home) == reference
    assert await differences(home) == []
