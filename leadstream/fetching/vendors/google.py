"""What Google's APIs have in common: a host for each, and limits that are told as 403."""

from msgspec import structs

from leadstream.fetching.answers import retry_after, standard
from leadstream.fetching.port import Answer, Denied, Setup, Wait

GMAIL, FORMS, CALENDAR = (
    "https://gmail.googleapis.com", "https://forms.googleapis.com", "https://www.googleapis.com",
)  # fmt: skip
_LIMITS = (
    b"rateLimitExceeded",
    b"userRateLimitExceeded",
    b"quotaExceeded",
    b"RATE_LIMIT_EXCEEDED",
    b"RESOURCE_EXHAUSTED",
)


def at(setup: Setup, host: str) -> Setup:
    """The setup for an API of Google's, unless another base is configured."""
    return setup if setup.base else structs.replace(setup, base=host)


def judge(answer: Answer, now: int) -> Wait | Denied | None:
    """As HTTP has it; and 403 for a limit is a limit, while any other 403 is a right that is missing."""
    if answer.status == 403 and any(word in answer.body for word in _LIMITS):
        return Wait(retry_after(answer, now), "403, a limit")
    return standard(answer, now)
