"""An agreement, or what changes between two, as plain text."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from events.agreement import Signature
from streams.agreement.compile import review_of
from streams.agreement.described.compare import Change
from streams.agreement.described.describe import describe
from streams.agreement.described.items import every
from streams.agreement.grammar import AgreementSpec

_WIDTH = 100
_SIGNS = {"added": "+", "removed": "-"}


def text_of(spec: AgreementSpec, signed: Sequence[Signature], state: str, digest: str) -> str:
    """The agreement in words, section by section."""
    return "\n".join((*_head(spec, signed, state, digest), *_sections(spec)))


def changes_text(old: AgreementSpec, new: AgreementSpec, changes: Iterable[Change]) -> str:
    """What changes, by whom it concerns: `+` is new, `-` is gone, `was` and `now` where it is agreed otherwise."""
    lines = [f"{_title(old)}, in force from {old.effective_from}", f"{_title(new)}, in force from {new.effective_from}"]
    found = list(changes)
    for audience in ("leads", "sales", "marketing", "both sides"):
        concerned = [change for change in found if change.audience == audience]
        if concerned:
            lines += ["", f"What changes for {audience}", *_changes(concerned)]
    return "\n".join(lines if found else (*lines, "", "Nothing else changes."))


def signed_words(signed: Sequence[Signature]) -> str:
    """Who has signed, and on which day."""
    words = [f"{each.side} ({each.by}, {each.at[:10]})" for each in signed]
    return f"signed by {every(words)}" if words else "signed by nobody"


def _title(spec: AgreementSpec) -> str:
    return f"Agreement {spec.agreement}, version {spec.version}"


def _head(spec: AgreementSpec, signed: Sequence[Signature], state: str, digest: str) -> Iterator[str]:
    yield f"{_title(spec)}: {state}"
    yield f"in force from {spec.effective_from}"
    review = review_of(spec)
    if review is not None:
        yield f"first review on {review.first.isoformat()}, then every {review.every.replace('_', ' ')}"
    yield signed_words(signed)
    yield f"document {digest}"


def _sections(spec: AgreementSpec) -> Iterator[str]:
    for section in describe(spec):
        yield from ("", section.title)
        for item in section.items:
            yield from _wrapped("  * ", item.words)


def _changes(changes: Iterable[Change]) -> Iterator[str]:
    for title, concerned in groupby(changes, key=lambda change: change.title):
        yield f"  {title}"
        for change in concerned:
            if change.what == "changed":
                yield from _wrapped("    was ", change.was or "")
                yield from _wrapped("    now ", change.now or "")
            else:
                yield from _wrapped(f"    {_SIGNS[change.what]} ", change.now or change.was or "")


def _wrapped(mark: str, words: str) -> list[str]:
    return textwrap.wrap(
        words, _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
