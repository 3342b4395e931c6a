"""Regular expressions that people may write into an agreement, and that can never take long."""

import re
import re._constants as ops  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Callable
from typing import Any

LONGEST_PATTERN = 200
LONGEST_INPUT = 200
"""Characters of a text that are looked at; what comes after does not match."""

_MOST_WAYS = 10_000_000


def checked(pattern: str) -> str:
    """The pattern, if it is one that is sure to be fast.

    Counted is in how many ways a text of the longest length could be tried; `(a+)+` is refused, `a.*b.*c` is not.

    Raises:
        ValueError: too long, not a regular expression, or too many ways.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"expected a pattern of at most {LONGEST_PATTERN} characters, found {len(pattern)}")
    try:
        ways = _ways(parser.parse(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"expected a regular expression: {error}") from error
    if ways > _MOST_WAYS:
        raise ValueError("expected a pattern without repetitions inside repetitions and with at most three of them")
    return pattern


def searcher(pattern: str) -> Callable[[str], bool]:
    """Whether the pattern is found in the beginning of a text."""
    search = re.compile(pattern).search
    return lambda text: search(text[:LONGEST_INPUT]) is not None


def _ways(node: Any) -> int:
    total = 1
    for operation, argument in node:
        total *= _ways_of(operation, argument)
        if total > _MOST_WAYS:
            return total
    return total


def _ways_of(operation: Any, argument: Any) -> int:
    if operation in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        least, most, body = argument
        times = min(int(most), LONGEST_INPUT)
        inner = _ways(body)
        if inner > 1 and times > 1:
            return int(min(inner**times, _MOST_WAYS + 1)) * (times - min(int(least), times) + 1)
        return inner * (times - min(int(least), times) + 1)
    if operation is ops.BRANCH:
        return sum(_ways(branch) for branch in argument[1])
    parts = argument if isinstance(argument, tuple) else (argument,)
    total = 1
    for part in parts:
        if isinstance(part, parser.SubPattern):
            total *= _ways(part)
    return total
