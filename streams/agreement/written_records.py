"""What makes two leads one, whose data wins, and what a company's score is, as it is written."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from streams.agreement.scalars import Domain, Name, NameList
from streams.agreement.texts import Part, tuple_of

PersonKey = Literal["email", "phone", "source_id", "anonymous_id"]
CompanyKey = Literal["name", "domain", "phone", "postcode"]


class IdentityPart(Part):
    """By which keys leads are merged, and leads are put to companies."""

    merge_on: Annotated[tuple[PersonKey, ...], BeforeValidator(tuple_of)] = (
        "email",
        "phone",
        "source_id",
        "anonymous_id",
    )
    company_on: Annotated[tuple[CompanyKey, ...], BeforeValidator(tuple_of)] = ("name", "domain", "phone", "postcode")
    free_mail: Annotated[tuple[Domain, ...], BeforeValidator(tuple_of)] = ()


Providers = Annotated[NameList, Field(min_length=1)]


class EnrichmentPart(Part):
    """Which provider's value is taken where several know a field: the first of the list that knows it."""

    precedence: NameList = ()
    fields: dict[Annotated[str, Field(min_length=1, max_length=200)], Providers] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.precedence or self.fields):
            raise ValueError("expected `precedence`, `fields` or both")
        return self


class AccountsPart(Part):
    """The score of a company: the sum over its people, at most `score_cap`."""

    score_cap: Annotated[int, Field(ge=1, le=100_000)] = 100


Fields = Annotated[NameList, Field(min_length=1)]


class ProgramPart(Part):
    """What a program needs before it may warm a lead: consent to a purpose, and a channel that reaches it."""

    purpose: Name | None = None
    channel: Name | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.purpose is None and self.channel is None:
            raise ValueError("expected `purpose`, `channel` or both")
        return self


class NurturePart(Part):
    """What becomes of leads that sales finds unqualified, by the reason of the status."""

    program: Name = "nurture"
    reasons: NameList = ("no_need", "no_authority", "no_budget")
    archive_reasons: NameList = ("not_in_profile",)
    reopened_by: dict[Name, Fields] = Field(default_factory=dict)
    programs: dict[Name, ProgramPart] = Field(default_factory=dict)
