"""An import and a run that are killed again and again end as if nothing had happened."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.system.conftest import MakeHome
from tests.system.homes import EXAMPLES, decided, differences, loaded, outcome, translated

pytestmark = [pytest.mark.data, pytest.mark.slow]

AGREEMENT = EXAMPLES / "agreements/bpi2012.yaml"
MAPPING = EXAMPLES / "imports/bpi2012.yaml"
KILLS = {"import": 4, "run": 6}
LONGEST = {"import": 6.0, "run": 4.0}


@pytest.mark.timeout(900)
async def test_ten_kills_at_random_moments_change_nothing(make_home: MakeHome, kind: str, loan_file: Path) -> None:
    calm = make_home("embedded")
    await loaded(calm, translated(MAPPING, loan_file), AGREEMENT.read_text())
    expected = await decided(calm)

    home = make_home(kind, session_timeout=1.0)
    home.run("topics", "create")
    home.run("agreement", "publish", AGREEMENT, "--as", "head of sales")
    chance, killed = random.Random(2012), 0
    for command, arguments in (("import", (MAPPING, loan_file)), ("run", ("--until-idle",))):
        wanted = killed + KILLS[command]
        while killed < wanted:
            process = home.start(command, *arguments)
            await asyncio.sleep(chance.uniform(0.3, LONGEST[command]))  # the moment is what the test is about
            killed += process.alive
            process.kill()
        home.run(command, *arguments, seconds=300)

    assert killed == sum(KILLS.values())
    assert await outcome(home) == expected
    assert await differences(home) == []
