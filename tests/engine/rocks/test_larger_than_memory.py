"""The benchmark of states larger than memory, scaled down; `python -m benchmarks.big_state` is the whole of it."""

import pytest

from benchmarks.big_state import main

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
