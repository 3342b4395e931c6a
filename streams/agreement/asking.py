"""What answers a clause, in the words in which one is told to do it: "call, e-mail or meet", "give a status"."""

from streams.agreement.described.items import either, every
from streams.agreement.grammar import ClausePart

_ACTS = {"call": "call", "chat": "chat", "email": "e-mail", "meeting": "meet", "sms": "text"}
_LONGEST = 256


def asks(part: ClausePart) -> str:
    """What has to be done about a clock of the clause, all of it; cut where it is too long for a cell."""
    words = _words(part)
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _words(part: ClausePart) -> str:
    stopped_by = part.stopped_by
    if stopped_by is None:
        return every([_times(need.channel, need.count) for need in part.needs])
    touch = stopped_by.touch
    if touch is not None:
        act = either([_ACTS.get(channel, channel) for channel in touch.channel]) if touch.channel else "reach out"
        return f"{act} ({either(touch.kind)})" if touch.kind else act
    if stopped_by.status_changed:
        return "give a status"
    return "accept or reject" if stopped_by.accepted else "hand over to sales"


def _times(channel: str, count: int) -> str:
    """So many touches: "1 call", "3 calls"."""
    return f"{count} {channel}" if count == 1 else f"{count} {channel}s"
