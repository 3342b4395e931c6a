"""What a merged lead tells of its life: the statuses it entered, what it was converted into, who had it in sales."""

from typing import Literal

from msgspec import Struct

from events.fact import Identifier, Instant, Name, PersonalText, Text

Turn = Literal["converted", "unconverted", "archived", "reopened"]


class SharedStatus(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A merged lead entered a status; see `LeadStatusChanged`.

    Attributes:
        id: id of the fact.
        source: who said so.
        at: when.
        status: the status' name.
        reason: why; kept only of the status entered last.
    """

    id: Identifier
    source: Identifier
    at: Instant
    status: Name
    reason: Text | None = None


class SharedTurn(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A merged lead was converted, put aside by sales, or opened again.

    Attributes:
        how: which of these.
        at: when.
        id: id of the conversion.
        account: account that it was converted into.
        contact: contact likewise.
        opportunity: opportunity likewise.
        group: the opportunity group it was converted for.
    """

    how: Turn
    at: Instant
    id: Identifier | None = None
    account: Text | None = None
    contact: Text | None = None
    opportunity: Text | None = None
    group: Name | None = None


class SharedHandOver(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A merged lead had been handed over to sales before it was merged; see `LeadHandedOver`.

    Attributes:
        agreement: name of the agreement it was handed over under.
        at: when it was handed over last.
        owner: who had it; absent where nobody did.
        accepted_at: when sales accepted it; absent where nobody did.
        qualified_at: when it was qualified first, as far as that is remembered.
        is_over: sales had given it back, or it was closed.
    """

    agreement: Name
    at: Instant
    owner: PersonalText | None = None
    accepted_at: Instant | None = None
    qualified_at: Instant | None = None
    is_over: bool = False
