"""Keys of the grammar that the program does not carry out yet. Whoever carries one out takes it off this list."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from streams.agreement.problems import Place


class NotYet(NamedTuple):
    """One such key.

    Attributes:
        place: keys from the root; `*` stands for any name.
        whole: the part around the key makes no sense without it and is not looked at any further.
    """

    place: tuple[str, ...]
    whole: bool = False


NOT_YET: tuple[NotYet, ...] = (
    NotYet(("sales_clauses", "*", "escalate")),
    NotYet(("sales_clauses", "*", "needs"), whole=True),
    NotYet(("marketing_clauses", "*", "escalate")),
    NotYet(("marketing_clauses", "*", "needs"), whole=True),
)


def split(document: Any) -> tuple[Any, list[Place]]:
    """The document without such keys, and where they stood."""
    found: list[Place] = []
    for entry in NOT_YET:
        for place in list(_matching(document, entry.place, ())):
            found.append(place)
            document = _without(document, place[:-1] if entry.whole else place)
    return document, found


def _matching(node: Any, pattern: tuple[str, ...], place: Place) -> Iterator[Place]:
    if not pattern:
        yield place
    elif isinstance(node, dict):
        for key, value in node.items():
            if pattern[0] in ("*", key):
                yield from _matching(value, pattern[1:], (*place, key))


def _without(node: Any, place: Place) -> Any:
    if not isinstance(node, dict) or place[0] not in node:
        return node
    if len(place) == 1:
        return {key: value for key, value in node.items() if key != place[0]}
    return {key: _without(value, place[1:]) if key == place[0] else value for key, value in node.items()}
