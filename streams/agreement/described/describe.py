"""The whole agreement in words."""

from collections.abc import Iterator

from streams.agreement.described.hours import hours_of
from streams.agreement.described.items import Section, duration_words, every, section
from streams.agreement.described.leads import lead_sections
from streams.agreement.described.promises import promise_sections
from streams.agreement.grammar import AgreementSpec
from streams.agreement.written_records import IdentityPart

HOURS = "Working hours"
"""Title of the section that pages show as a table."""


def describe(spec: AgreementSpec) -> tuple[Section, ...]:
    """What is agreed, in the order in which it is best read; sections without items are left out."""
    found = (*lead_sections(spec), *promise_sections(spec), *_both(spec))
    return tuple(each for each in found if each.items)


def _both(spec: AgreementSpec) -> Iterator[Section]:
    yield section(HOURS, "both sides", ((each.name, f"{each.name}: {each.words()}") for each in hours_of(spec)))
    yield section("One lead, one company", "both sides", _records(spec))
    yield section("Changes", "both sides", _changes(spec))


def _records(spec: AgreementSpec) -> Iterator[tuple[str, str]]:
    identity = spec.identity or IdentityPart()
    yield "one person", _same("two leads are one person", identity.merge_on)
    yield "one company", _same("leads belong to one company", identity.company_on)
    if identity.free_mail:
        yield "free mail", f"besides the usual ones, free mail is {every(identity.free_mail)}"
    if spec.enrichment is not None and spec.enrichment.precedence:
        yield "data", f"of several providers the first that knows wins: {', '.join(spec.enrichment.precedence)}"
    if spec.enrichment is not None:
        for field, providers in spec.enrichment.fields.items():
            yield field, f"of {field}: {', '.join(providers)}"
    if spec.accounts is not None:
        yield "company score", f"the score of a company is the sum over its people, at most {spec.accounts.score_cap}"


def _same(what: str, keys: tuple[str, ...]) -> str:
    names = [key.replace("_", " ") for key in keys]
    return f"{what} by {every(names)}" if names else f"nothing says that {what}"


def _changes(spec: AgreementSpec) -> Iterator[tuple[str, str]]:
    late = duration_words(spec.late_facts_accepted)
    yield "late facts", f"what becomes known within {late} after the due time may change a verdict"
    if spec.review_every is not None:
        every_so_often = spec.review_every.replace("_", " ")
        yield "review", f"both sides look at this agreement again every {every_so_often}"
