"""How many examples a law is tried with: as many as its test says, or fewer where a quick answer is wanted."""

from hypothesis import settings

THOROUGH, QUICK = 100, 10
"""Examples of a law that names no number, under `--hypothesis-profile=thorough` (as without one) and `quick`."""

_LEAST = 5


def register_profiles() -> None:
    """Make both profiles known. Neither has a deadline: how long an example takes says nothing about the law."""
    settings.register_profile("thorough", max_examples=THOROUGH, deadline=None)
    settings.register_profile("quick", max_examples=QUICK, deadline=None)
    settings.load_profile("thorough")


def examples(count: int) -> int:
    """`count` where the profile is thorough, else the profile's share of it, but no fewer than five if it has five."""
    return min(count, max(_LEAST, count * settings().max_examples // THOROUGH))
