"""What a description is made of, and words that all its parts need."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from streams.agreement.conditions import Condition
from streams.agreement.evaluate import words_of
from streams.calendars import parse_target

Audience = Literal["leads", "sales", "marketing", "both sides"]


class Item(NamedTuple):
    """One thing that is agreed.

    Attributes:
        key: what it is about, the same in every version and unique in its section.
        words: what is agreed about it.
    """

    key: str
    words: str


class Section(NamedTuple):
    """Things that are agreed about one subject.

    Attributes:
        title: the subject.
        audience: whose life it changes.
        items: in the order of the agreement.
    """

    title: str
    audience: Audience
    items: tuple[Item, ...]


def section(title: str, audience: Audience, items: Iterable[tuple[str, str]]) -> Section:
    """A section; a key that comes again is numbered."""
    seen: dict[str, int] = {}
    found = []
    for key, words in items:
        seen[key] = seen.get(key, 0) + 1
        found.append(Item(key if seen[key] == 1 else f"{key} ({seen[key]})", words))
    return Section(title, audience, tuple(found))


def condition_words(condition: Condition) -> str:
    """A condition as the facts word it, without the parentheses around the whole."""
    words = words_of(condition)
    return words[1:-1] if _enclosed(words) else words


def either(names: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return _joined(names, "or")


def every(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return _joined(names, "and")


def counted(count: int, what: str) -> str:
    """`1 call`, `3 calls`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def with_article(words: str) -> str:
    """`a call`, `an email`."""
    return f"{'an' if words[0].lower() in 'aeiou' else 'a'} {words}"


def duration_words(text: str, *, working: bool = False) -> str:
    """`2h30m` as `2 hours 30 minutes`; days are working days where a calendar counts."""
    target = parse_target(text)
    if target.days:
        return counted(target.days, "working day" if working else "day")
    seconds = target.microseconds // 1_000_000
    parts = ((seconds // 3600, "hour"), (seconds // 60 % 60, "minute"), (seconds % 60, "second"))
    return " ".join(counted(count, what) for count, what in parts if count)


def _joined(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def _enclosed(words: str) -> bool:
    """Whether the first parenthesis is closed by the last character."""
    if not words.startswith("("):
        return False
    depth = 0
    for place, letter in enumerate(words):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return place == len(words) - 1
    return False
