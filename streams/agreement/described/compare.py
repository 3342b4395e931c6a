"""What changes between two versions of an agreement, in words."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from streams.agreement.described.describe import describe
from streams.agreement.described.items import Audience, Item, Section
from streams.agreement.grammar import AgreementSpec


class Change(NamedTuple):
    """One thing that is agreed otherwise.

    Attributes:
        audience: whose life it changes.
        title: the subject.
        key: what it is about.
        what: added, removed or changed.
        was: what was agreed; None where it is new.
        now: what is agreed; None where it is gone.
    """

    audience: Audience
    title: str
    key: str
    what: Literal["added", "removed", "changed"]
    was: str | None
    now: str | None


def compare(old: AgreementSpec, new: AgreementSpec) -> tuple[Change, ...]:
    """All changes, in the order of the new version; what is gone stands at the end of its section."""
    before, after = _by_title(old), _by_title(new)
    titles = [*after, *(title for title in before if title not in after)]
    return tuple(change for title in titles for change in _changes(title, before.get(title), after.get(title)))


def _by_title(spec: AgreementSpec) -> dict[str, Section]:
    return {each.title: each for each in describe(spec)}


def _changes(title: str, old: Section | None, new: Section | None) -> Iterator[Change]:
    either = new or old
    assert either is not None
    was = _by_key(old)
    for key, words in _by_key(new).items():
        before = was.pop(key, None)
        if before is None:
            yield Change(either.audience, title, key, "added", None, words)
        elif before != words:
            yield Change(either.audience, title, key, "changed", before, words)
    for key, words in was.items():
        yield Change(either.audience, title, key, "removed", words, None)


def _by_key(found: Section | None) -> dict[str, str]:
    items: tuple[Item, ...] = () if found is None else found.items
    return {item.key: item.words for item in items}
