from importlib.resources import files
from pathlib import Path

import pytest

from leadstream.demo.feeding import LIVE_AGREEMENT, WEEK_AGREEMENT, agreement_text
from leadstream.demo.people import TEAMS
from leadstream.demo.tempo import MONDAY, OFFICE
from streams.agreement.compile import compile_agreement
from streams.agreement.load import load

EXAMPLE = Path(__file__).parents[3] / "examples" / "agreements" / "demo.yaml"


def test_the_example_is_the_agreement_of_the_week() -> None:
    assert EXAMPLE.read_text("utf-8") == agreement_text(WEEK_AGREEMENT)
    assert files("leadstream.demo").joinpath(WEEK_AGREEMENT).is_file()


@pytest.mark.parametrize("name", [WEEK_AGREEMENT, LIVE_AGREEMENT])
def test_both_agreements_are_in_force_and_marked_as_simulated(name: str) -> None:
    agreement = compile_agreement(load(agreement_text(name)))
    assert agreement.effective_from < MONDAY
    assert "simulated" in agreement.name


@pytest.mark.parametrize("name", [WEEK_AGREEMENT, LIVE_AGREEMENT])
def test_the_teams_of_the_company_are_the_pools_of_both_agreements(name: str) -> None:
    routing = compile_agreement(load(agreement_text(name))).routing
    assert routing is not None
    pools = {pool.name: [(member.name, member.weight) for member in pool.members] for pool in routing.pools.values()}
    assert pools == {team: [(rep.name, rep.share) for rep in reps] for team, reps in TEAMS.items()}


def test_the_reps_work_in_the_hours_that_the_agreement_promises() -> None:
    clauses = compile_agreement(load(agreement_text(WEEK_AGREEMENT))).clauses
    promised = next(clause for clause in clauses if clause.name == "first_response")
    hours = 60 * 60 * 1_000_000
    for start in range(MONDAY, MONDAY + 7 * 24 * hours, hours // 2):
        assert promised.calendar.next_opening(start) == OFFICE.next_opening(start)
        assert promised.calendar.working(MONDAY, start) == OFFICE.working(MONDAY, start)
