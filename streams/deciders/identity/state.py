"""The state of one key: of people only the oldest lead that has it, of companies all that have it."""

from msgspec import Struct, field

from streams.deciders.subject import Subject


class Holder(Struct, frozen=True, array_like=True, gc=False):
    """A lead that has the key.

    Attributes:
        lead: its id.
        captured_at: when it was captured, microseconds; None of a stub.
        at: when it claimed the key, microseconds.
        company: its company's name without legal form, for keys of companies.
    """

    lead: str
    captured_at: int | None
    at: int
    company: str | None = None


class Company(Struct, frozen=True, array_like=True, gc=False):
    """An account that has the key.

    Attributes:
        account: its id.
        company: its name without legal form.
        opened_at: since when it is an account, microseconds.
        is_open: it is one still.
        at: when it claimed the key, microseconds.
    """

    account: str
    company: str
    opened_at: int
    is_open: bool
    at: int


class Key(Subject):
    """Everything known of one key.

    Attributes:
        oldest: the oldest lead that has it; None where none has.
        oldest_test: the oldest among leads to try the way with: they are never merged with others.
        younger: of the last claim's two leads the younger one; None where it was about one lead.
        leads: the leads that claimed a key of companies last.
        accounts: the accounts that have it.
    """

    oldest: Holder | None = None
    oldest_test: Holder | None = None
    younger: Holder | None = None
    leads: list[Holder] = field(default_factory=list)
    accounts: list[Company] = field(default_factory=list)
