from datetime import timedelta

import pytest

from leadstream.demo.words import ago, bar, spell


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (3_900, "1 h 05 min"), (86_400, "1 d 00 h"), (0.9, "0 s")],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert spell(timedelta(seconds=seconds)) == words


def test_what_was_less_than_a_second_ago_is_now() -> None:
    assert ago(timedelta(milliseconds=999)) == "now"
    assert ago(timedelta(seconds=1)) == "1 s ago"


@pytest.mark.parametrize(("share", "full"), [(-1.0, 0), (0.0, 0), (0.5, 5), (1.0, 10), (7.0, 10)])
def test_a_bar_is_as_full_as_its_share_and_never_longer(share: float, full: int) -> None:
    assert bar(share, 10) == "█" * full + "░" * (10 - full)
