"""How the parts of a connector say that an item cannot be translated; never leaves `building.translator`."""

from leadstream.connectors.port import Reason


class Bad(ValueError):
    """An item that cannot become facts.

    Attributes:
        reason: what kind of fault.
        field: where it is; empty where it is the whole.
        hint: what was expected, in words, without personal data.
    """

    def __init__(self, reason: Reason, field: str, hint: str) -> None:
        super().__init__(f"{field}: {hint}" if field else hint)
        self.reason: Reason = reason
        self.field = field
        self.hint = hint


class Skip(Exception):
    """An item that is understood and says nothing about a lead.

    Attributes:
        why: in words.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def erasure(what: str) -> Bad:
    """A vendor reports that somebody's record is gone; whether the person is to be erased here too, a person says."""
    return Bad("erasure", "", f"{what}: erase the lead where a person asked for it, else discard this letter")
