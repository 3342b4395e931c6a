from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.laws import examples


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    chosen = settings.get_current_profile_name()
    yield
    settings.load_profile(chosen)


@pytest.mark.parametrize(
    ("profile", "tried"),
    [("thorough", {300: 300, 40: 40, 8: 8, 1: 1}), ("quick", {300: 30, 40: 5, 8: 5, 1: 1})],
)
def test_a_law_is_tried_as_often_as_it_says_or_as_the_quick_profile_allows(profile: str, tried: dict[int, int]) -> None:
    settings.load_profile(profile)
    assert {count: examples(count) for count in tried} == tried
