"""What makes two leads one, whose data wins, and what becomes of unqualified leads, ready to be asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from streams.agreement.grammar import Status
from streams.agreement.lists import FREE_MAIL
from streams.agreement.written_records import CompanyKey, EnrichmentPart, IdentityPart, NurturePart, PersonKey


@dataclass(frozen=True, slots=True)
class Identity:
    """By which keys leads are merged, and leads are put to companies.

    Attributes:
        on: the agreement says so at all; without, nothing is merged and nothing matched.
        merge_on: keys of a person: email, phone, source_id, anonymous_id.
        company_on: keys of a company: name, domain, phone, postcode.
        free_mail: domains at which anybody can have a mailbox, the company's own list and the built-in one.
    """

    on: bool
    merge_on: frozenset[PersonKey]
    company_on: frozenset[CompanyKey]
    free_mail: frozenset[str]


@dataclass(frozen=True, slots=True)
class Enrichment:
    """Whose value is taken where several providers know a field.

    Attributes:
        precedence: providers, the first wins.
        fields: field to the providers that count for it alone.
    """

    precedence: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]

    def providers(self, field: str) -> tuple[str, ...]:
        """The providers of a field, the first wins."""
        return self.fields.get(field, self.precedence)

    def rank(self, field: str, provider: str) -> int:
        """The place of a provider for a field, from 0; all that are not named come last together."""
        providers = self.providers(field)
        return providers.index(provider) if provider in providers else len(providers)


@dataclass(frozen=True, slots=True)
class ProgramNeeds:
    """What a program needs before it may warm a lead.

    Attributes:
        purpose: the purpose of a consent that must not be taken back; None for none.
        channel: the channel through which it has to reach the lead; None for any.
    """

    purpose: str | None
    channel: str | None


@dataclass(frozen=True, slots=True)
class Nurture:
    """What becomes of leads that sales finds unqualified.

    Attributes:
        program: who is asked to warm them.
        reasons: reasons of an unqualified status that lead there.
        archive_reasons: reasons that put a lead aside.
        reopened_by: reason to the fields of the profile whose change opens the lead again.
        programs: program to what it needs; those that need nothing are not here.
        unqualified: statuses that mean unqualified, each with its own reasons, in file order.
    """

    program: str
    reasons: frozenset[str]
    archive_reasons: frozenset[str]
    reopened_by: Mapping[str, tuple[str, ...]]
    programs: Mapping[str, ProgramNeeds]
    unqualified: tuple[tuple[str, frozenset[str]], ...] = ()

    def awaits(self, reason: str) -> tuple[str, ...]:
        """The fields whose change opens a lead again; of `no_timing`, unless it is said, the answer `timing`."""
        found = self.reopened_by.get(reason)
        if found is None and reason.startswith(_LACKS):
            return (f"answers.{reason.removeprefix(_LACKS)}",)
        return found or ()

    def status_for(self, reason: str) -> str | None:
        """The status of a lead that is rejected for a reason; None where that means no status of the agreement's."""
        for status, reasons in self.unqualified:
            if reason in reasons:
                return status
        known = reason in self.reasons or reason in self.archive_reasons
        return self.unqualified[0][0] if known and self.unqualified else None


_LACKS = "no_"
_USUALLY: Mapping[str, tuple[str, ...]] = {
    "no_need": ("answers.need", "answers.challenge"),
    "no_authority": ("person.title", "person.role", "answers.authority"),
}


def identity_of(part: IdentityPart | None) -> Identity:
    """Compile the keys of an agreement, all of them where it has none."""
    on = part is not None
    part = part or IdentityPart()
    return Identity(on, frozenset(part.merge_on), frozenset(part.company_on), FREE_MAIL | frozenset(part.free_mail))


def enrichment_of(part: EnrichmentPart | None) -> Enrichment:
    """Compile whose data wins; nobody comes first where an agreement does not say."""
    return Enrichment((), {}) if part is None else Enrichment(part.precedence, dict(part.fields))


def nurture_of(part: NurturePart | None, statuses: Mapping[str, Status]) -> Nurture:
    """Compile what becomes of unqualified leads, the usual where an agreement does not say."""
    part = part or NurturePart()
    return Nurture(
        part.program,
        frozenset(part.reasons),
        frozenset(part.archive_reasons),
        {**_USUALLY, **part.reopened_by},
        {name: ProgramNeeds(each.purpose, each.channel) for name, each in part.programs.items()},
        tuple((name, frozenset(each.reasons)) for name, each in statuses.items() if each.means == "unqualified"),
    )
