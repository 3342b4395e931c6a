"""Whose pipe is clean, team by team: the team is the pool that the agreement in force names somebody in."""

from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.agreement import AgreementPublished
from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import HygieneFlagged
from events.registry import wrap
from events.topics import AGREEMENTS
from projections.pipeline.teams import teams_at
from projections.views.view import Cell
from tests.projections.house import House, house, record
from tests.projections.pipeline.asking import asked, shown
from tests.projections.pipeline.facts import instant, opening, pipelines, said
from tests.support.laws import examples

SUMMED = ("opportunities", "clean", "stage_old", "open_minor", "clean_minor")


def pools(**members: list[str]) -> dict[str, Any]:
    return {
        "fallback": {"pool": next(iter(members))},
        "pools": {pool: {"members": [{"name": name} for name in names]} for pool, names in members.items()},
    }


async def publish(
    built: House, name: str, since: datetime, routing: dict[str, Any] | None, version: int = 1, priority: int = 0
) -> None:
    document = {"statuses": {}} | ({} if routing is None else {"routing": routing})
    fact = AgreementPublished(name=name, version=version, effective_from=since, document=document, priority=priority)
    published = wrap(fact, subject=name, id=f"{name}-{version}", source="/office", time=since, recordedat=since)
    await built.log.append({(AGREEMENTS, 0): [record(published)]})
    await built.show()


async def test_a_person_counts_to_the_first_pool_that_names_them_in_the_version_that_is_in_force() -> None:
    built = await house()
    await publish(built, "desk", instant(0), pools(south=["ben", "eve"], north=["eve", "ada"]))
    await publish(built, "desk", instant(9), pools(north=["eve", "ada"], south=["ben", "eve"]), version=2)
    await publish(built, "desk", instant(19), None, version=3)
    for day, teams in (
        (-1, {}),
        (5, {"ben": "south", "eve": "south", "ada": "north"}),
        (9, {"ben": "south", "eve": "north", "ada": "north"}),
        (19, {}),
    ):
        assert teams_at(built.store.query, to_us(instant(day))) == teams, day


async def test_of_agreements_that_name_a_person_the_one_that_comes_first_says_the_team() -> None:
    built = await house()
    await publish(built, "desk", instant(0), pools(desk=["ben", "ada"]))
    await publish(built, "field", instant(0), pools(field=["ben"]), priority=5)
    await publish(built, "silent", instant(0), None, priority=9)
    assert teams_at(built.store.query, to_us(instant(1))) == {"ben": "field", "ada": "desk"}


async def test_the_clean_pipe_is_told_per_owner_with_their_team_and_per_team() -> None:
    built = await shown(
        said("one", 1, opening(100, owner="ben")),
        said("two", 1, opening(300, owner="eve")),
        said("two", 2, HygieneFlagged(kind="no_contact")),
        said("three", 1, opening(50, owner="ada")),
        said("four", 1, opening(7, owner="gone")),
    )
    await publish(built, "desk", instant(0), pools(south=["ben", "eve"], north=["ada"]))
    await built.writer_at(1)
    await built.show()
    owners = [(row["owner"], row["team"], row["open_minor"], row["clean_share"]) for row in built.view("clean-pipe")]
    assert owners == [
        ("ada", "north", 50, 1.0), ("ben", "south", 100, 1.0), ("eve", "south", 300, 0.0), ("gone", "", 7, 1.0),
    ]  # fmt: skip
    teams = [(row["owner"], row["team"], row["open_minor"], row["clean_share"]) for row in by_team(built)]
    assert teams == [(None, "", 7, 1.0), (None, "north", 50, 1.0), (None, "south", 400, 0.25)]
    (eve,) = built.view("clean-pipe", by="team", where={"owner": "eve"})
    assert (eve["owner"], eve["team"], eve["open_minor"]) == ("eve", "south", 300)
    assert [row["owner"] for row in built.view("clean-pipe", where={"team": "south"})] == ["ben", "eve"]


def by_team(built: House) -> list[dict[str, Cell]]:
    return built.view("clean-pipe", by="team")


@settings(deadline=None, max_examples=examples(20))
@given(facts=pipelines(), day=st.integers(5, 100), both=st.booleans())
async def test_teams_sum_to_their_owners(facts: list[Envelope], day: int, both: bool) -> None:
    built = await shown(*facts, partitions=2)
    await publish(built, "desk", instant(0), pools(one=["a"], two=["a", "b"] if both else ["c"]))
    owners, teams = asked(built, "clean-pipe", day), asked(built, "clean-pipe", day, by="team")
    assert len({row["team"] for row in teams}) == len(teams)
    assert {row["team"] for row in teams} == {row["team"] for row in owners}
    for team in teams:
        of_team = [row for row in owners if row["team"] == team["team"]]
        assert {name: team[name] for name in SUMMED} == {
            name: sum(int(row[name] or 0) for row in of_team) for name in SUMMED
        }
