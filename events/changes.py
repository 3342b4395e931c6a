"""What a change of a schema is called, whom it breaks, and what to do about it."""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """What a change asks for.

    INCOMPATIBLE: the next major version. WIDER: old events stay as they are, and readers that check strictly have to be
    ready before the first such event is written. COMPATIBLE: nothing.
    """

    INCOMPATIBLE = "incompatible"
    WIDER = "wider"
    COMPATIBLE = "compatible"


_VERSION = "leave this version as it is, give the fact its next version, and write an upcaster from this one"
_READERS = "let readers take it first; then let it be written"


class Rule(NamedTuple):
    """A kind of change.

    Attributes:
        title: what has happened.
        events: why it breaks events that are kept; empty where it does not.
        readers: why it breaks programs that were written for the old schema; empty where it does not.
        remedy: what to do instead, or before.
    """

    title: str
    events: str = ""
    readers: str = ""
    remedy: str = ""


class Kind(Enum):
    """The kinds of changes, in the order of a report: what breaks events, what readers have to know, the rest."""

    FACT_REMOVED = Rule(
        "fact removed",
        "they become dead letters: nothing reads their type any more",
        "they wait for facts that never come",
        "keep the type in the catalogue, or write an upcaster to what takes its place",
    )
    REMOVED = Rule(
        "field removed",
        "what they say in it is lost when they are read",
        "they ask for a field that is not there",
        _VERSION,
    )
    RENAMED = Rule(
        "field renamed",
        "what they say under the old name is lost when they are read",
        "they ask for a field that is not there",
        _VERSION,
    )
    REQUIRED = Rule(
        "field required",
        "they may not have it, and are refused",
        "",
        "give the field a default that means what events without it mean; else: " + _VERSION,
    )
    NARROWED = Rule("narrowed", "they may hold what is refused now", "", "keep what was taken; else: " + _VERSION)
    DEFAULT = Rule(
        "default changed",
        "a default is left out on the wire, so they mean something else now",
        "they fill in the old default",
        _VERSION,
    )
    UNIT = Rule(
        "unit changed",
        "their numbers are read in the new unit",
        "they read new numbers in the old unit",
        _VERSION + "; the unit belongs into the field's name",
    )
    PERSONAL_REMOVED = Rule(
        "personal mark taken away",
        "their sealed values stay sealed",
        "",
        "keep the mark; else: " + _VERSION,
    )
    OPTIONAL = Rule("field optional", "", "they count on a field that may be absent now", _READERS)
    WIDENED = Rule("widened", "", "those that check strictly refuse what was not taken before", _READERS)
    UPCAST = Rule(
        "version replaced", "", "they see the next version from now on", "let readers take the next version first"
    )
    PERSONAL_ADDED = Rule("personal mark added", "", "with keys switched on they see sealed values there", _READERS)
    ADDED = Rule("field added")
    FACT_ADDED = Rule("fact added")
    WORDS = Rule("other words")

    @property
    def verdict(self) -> Verdict:
        """What follows from whom it breaks: old events are kept for ever, readers can be changed."""
        if self.value.events:
            return Verdict.INCOMPATIBLE
        return Verdict.WIDER if self.value.readers else Verdict.COMPATIBLE


class Change(NamedTuple):
    """One change of a schema.

    Attributes:
        kind: what kind of change.
        path: which field, such as `data.channel`; empty where it is the whole record.
        what: what has changed, in words.
        fact: the wire type; empty where schemas were compared without their names.
    """

    kind: Kind
    path: str
    what: str
    fact: str = ""

    @property
    def verdict(self) -> Verdict:
        """What it asks for."""
        return self.kind.verdict

    @property
    def line(self) -> str:
        """`path: what`."""
        return f"{self.path or '(record)'}: {self.what}"


_ORDER = {kind: place for place, kind in enumerate(Kind)}


def in_order(changes: Iterable[Change]) -> list[Change]:
    """The gravest first; within one kind by fact and field."""
    return sorted(changes, key=lambda change: (_ORDER[change.kind], change.fact, change.path, change.what))
