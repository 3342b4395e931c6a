"""Why a command about an agreement is refused."""

from collections.abc import Iterable

from events.fact import Document
from events.instants import SECOND, iso
from streams.agreement.grammar import AgreementSpec
from streams.agreement.load import from_document
from streams.agreement.problems import AgreementError
from streams.agreement.texts import instant_us
from streams.deciders.agreement.state import AgreementState
from streams.deciders.told import Refusal

NOTICE_US = 60 * SECOND
"""How long before it takes effect a version must be published, so that every partition sees it in time."""

_MOST_PROBLEMS = 50
_LONGEST = 1000


Objection = tuple[str, str]
"""A reason in short, and what is wrong in words."""


def refused(objections: list[Objection]) -> Refusal:
    """One refusal for all objections; the first gives the reason."""
    return Refusal(objections[0][0], tuple(words for _, words in objections))


def read(document: Document, at: int) -> AgreementSpec | Refusal:
    """The new agreement in a document, or everything that is wrong with it at an instant, in microseconds."""
    try:
        return from_document(document, new_at=at)
    except AgreementError as error:
        return Refusal("invalid document", _shortened([problem.text() for problem in error.problems]))


def wrong_subject(spec: AgreementSpec, subject: str) -> list[Objection]:
    """The subject of a command is the agreement that its document is about."""
    if spec.agreement == subject:
        return []
    return [("wrong subject", f"the command is about {subject!r}, its document about {spec.agreement!r}")]


def not_newer(state: AgreementState, name: str, version: int) -> list[Objection]:
    """A version must be above the last published one."""
    last = state.versions.get(name, 0)
    if version > last:
        return []
    return [("not newer", f"version {version} of {name!r} is not above {last}, the last published one")]


def retroactive(what: str, written: str, since: int, at: int, before_first_lead: bool) -> list[Objection]:
    """What changes what governs is told a minute before, unless nothing was decided yet."""
    earliest = at + NOTICE_US
    if before_first_lead or since >= earliest:
        return []
    return [("retroactive", f"{what} {written} is before {iso(earliest)}, the earliest it may be")]


def too_early(spec: AgreementSpec, at: int, before_first_lead: bool) -> list[Objection]:
    """An agreement takes effect a minute from now or later, unless nothing was decided yet."""
    since = instant_us(spec.effective_from)
    return retroactive("effective_from", spec.effective_from, since, at, before_first_lead)


def unknown_version(name: str, version: int, known: Iterable[int], what: str) -> Refusal:
    """There is no such version; `what` it would have to be."""
    there = ", ".join(map(str, sorted(known))) or "none"
    return Refusal("unknown version", (f"version {version} of {name!r} is not {what}; there is {there}",))


def _shortened(problems: list[str]) -> tuple[str, ...]:
    shown = tuple(problem[:_LONGEST] for problem in problems[:_MOST_PROBLEMS])
    more = len(problems) - len(shown)
    return (*shown, f"and {more} more") if more else shown
