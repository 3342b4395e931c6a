"""Facts about accounts, the companies one sells to: what upstream tells of them, and what they tell leads."""

from typing import Annotated, Literal

from msgspec import Meta

from events.fact import PERSONAL, Count, Fact, Identifier, PersonalText, Text

Relation = Literal["group", "partner", "investor", "competitor"]
AccountName = Annotated[str, Meta(min_length=1, max_length=4096)]
Phone = Annotated[str, Meta(max_length=256, extra=PERSONAL)]


class AccountOpened(Fact, frozen=True, kw_only=True):
    """A company became an account.

    Attributes:
        name: its name, as it is written in the system that has it.
        domain: its internet domain.
        phone: its telephone number.
        postcode: of its main address.
        country: of its main address, ISO 3166-1 alpha-2 where the sender knows it.
        owner: who looks after it.
        parent: id of the account it belongs to.
    """

    name: AccountName
    domain: Text | None = None
    phone: Phone | None = None
    postcode: Text | None = None
    country: Text | None = None
    owner: PersonalText | None = None
    parent: Identifier | None = None


class AccountAmended(Fact, frozen=True, kw_only=True):
    """Something more, or something else, is known of an account; what is absent stays as it was.

    Attributes:
        name: its name.
        domain: its internet domain.
        phone: its telephone number.
        postcode: of its main address.
        country: of its main address.
        parent: id of the account it belongs to.
    """

    name: AccountName | None = None
    domain: Text | None = None
    phone: Phone | None = None
    postcode: Text | None = None
    country: Text | None = None
    parent: Identifier | None = None


class AccountOwnerChanged(Fact, frozen=True, kw_only=True):
    """Somebody else looks after an account, or nobody does.

    Attributes:
        owner: who from now on; absent for nobody.
        by: who changed it.
    """

    owner: PersonalText | None = None
    by: PersonalText | None = None


class AccountRelated(Fact, frozen=True, kw_only=True):
    """Two accounts have to do with one another.

    Attributes:
        other: id of the other account.
        kind: what it is to this one.
        ended: it is so no longer.
    """

    other: Identifier
    kind: Relation
    ended: bool = False


class AccountOwnerTold(Fact, frozen=True, kw_only=True):
    """An account told a lead who looks after it.

    Attributes:
        lead: the lead that asked.
        number: which of its requests this answers.
        owner: who looks after the account; absent when nobody does, or nobody has heard of the account.
        opportunity_owner: who has an open opportunity of it; absent when there is none.
    """

    lead: Identifier
    number: Count
    owner: PersonalText | None = None
    opportunity_owner: PersonalText | None = None


AccountFact = AccountOpened | AccountAmended | AccountOwnerChanged | AccountRelated | AccountOwnerTold
