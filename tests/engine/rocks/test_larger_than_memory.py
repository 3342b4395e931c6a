"""The benchmark of states larger than memory, scaled down unless LEADSTREAM_CHAOS_LEADS says how many leads."""

import pytest

from benchmarks.big_state import main
from tests.chaos.plan import number

SMALL, LARGE, STATE_BYTES = 60_000, 160_000, 2_000


@pytest.mark.slow
def test_memory_does_not_grow_with_the_states_and_a_restart_reads_none_of_them() -> None:
    def measured(leads: int, *phases: str) -> dict[str, dict[str, int]]:
        size = ["--leads", str(leads), "--state-bytes", str(STATE_BYTES), "--budget", "16"]
        return main([*size, "--phases", *phases])

    small, large = measured(SMALL, "fill"), measured(LARGE, "fill", "restart", "work", "rebuild")
    more = (LARGE - SMALL) * STATE_BYTES >> 20
    assert large["fill"]["peak_mib"] - small["fill"]["peak_mib"] < more / 2
    assert (large["restart"]["keys"], large["restart"]["read_from_changelog"]) == (LARGE, 0)
    assert (large["work"]["keys"], large["work"]["read_from_changelog"]) == (LARGE, 0)
    assert large["work"]["fired"] > 0
    assert large["rebuild"]["keys"] == LARGE <= large["rebuild"]["read_from_changelog"]


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_all_leads_fit_into_two_gibibytes_while_they_come_in_work_and_are_restored() -> None:
    """Five million in `make chaos`."""
    leads = number("LEADS", 40_000)
    found = main(["--leads", str(leads)])
    assert [found[phase]["keys"] for phase in ("restart", "work", "rebuild")] == [leads] * 3
    assert found["restart"]["read_from_changelog"] == 0
    assert max(result["peak_mib"] for result in found.values()) <= 2048, found
