"""Mail and meetings between us and others, told as touches of the others. Heads only: no subject and no text.

Who is at our own domain is one of us; what is among ourselves says nothing about a lead.
"""

from collections.abc import Iterable

from leadstream.connectors.faults import Skip
from leadstream.connectors.people import Who
from leadstream.connectors.telling import Telling
from streams.matching.people import email_of

_MOST = 50
"""People of one message or meeting that are told; a mail to more of them is a mailing."""


def tell_mail(owner: str, sender: str, receivers: Iterable[str], at: int, telling: Telling) -> None:
    """Tell a message: of its sender where that is another, else of whom we sent it to.

    Args:
        owner: the address of the mailbox.
        sender: the address it is from.
        receivers: the addresses it is to.
        at: when, microseconds.
        telling: collects.

    Raises:
        Skip: it is among ourselves, or to too many.
    """
    if _is_other(sender, owner):
        _touch([sender], at, telling, channel="email", kind="received", inbound=True)
    else:
        others = [each for each in receivers if _is_other(each, owner)]
        _touch(others, at, telling, channel="email", kind="sent", inbound=False)


def tell_meeting(owner: str, organizer: str, attendees: Iterable[str], at: int, telling: Telling) -> None:
    """Tell that a meeting was made, of everybody in it who is another.

    Raises:
        Skip: it is among ourselves, or with too many.
    """
    others = [each for each in (organizer, *attendees) if _is_other(each, owner)]
    _touch(others, at, telling, channel="meeting", kind="scheduled", inbound=_is_other(organizer, owner))


def _touch(addresses: list[str], at: int, telling: Telling, *, channel: str, kind: str, inbound: bool) -> None:
    found = list(dict.fromkeys(plain for each in addresses if (plain := email_of(each)) is not None))
    if not 1 <= len(found) <= _MOST:
        raise Skip("a message or meeting among ourselves" if not found else f"a mailing to more than {_MOST}")
    for address in found:
        subject = Who(email=address).subject(telling.given)
        telling.touch(subject, at, channel=channel, kind=kind, direction="inbound" if inbound else "outbound")
        telling.link_email(subject, address, at)


def _is_other(address: str, owner: str) -> bool:
    """Whether an address is at another domain than the owner's."""
    plain, ours = email_of(address), email_of(owner)
    return plain is not None and ours is not None and plain.rpartition("@")[2] != ours.rpartition("@")[2]
