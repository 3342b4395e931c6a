"""Whether a lead may be written to, and whether anything arrives: consents, and addresses that bounced for good."""

from typing import cast

from events.envelope import Envelope
from events.life import LeadBounced
from streams.agreement.records import Nurture
from streams.deciders.lead.entries import Bounced
from streams.deciders.lead.state import Lead

_FIELD = {"email": "person.email", "sms": "person.phone", "call": "person.phone"}
"""The field of the profile that holds the address of a channel."""
_CHANNELS = 50
"""Channels a lead remembers at most; a sender that makes up more is not told apart from one that repeats itself."""


def bounced(lead: Lead, envelope: Envelope, at: int) -> None:
    """What was sent did not arrive. Only what never will is kept: of one channel what happened last."""
    fact = cast("LeadBounced", envelope.data)
    known = lead.bounced.get(fact.channel)
    if not fact.hard or (known is None and len(lead.bounced) >= _CHANNELS) or (known is not None and known.at > at):
        return
    lead.bounced[fact.channel] = Bounced(at, fact.address)


def is_undeliverable(lead: Lead, channel: str) -> bool:
    """Whether nothing arrives through a channel at the address that is known now.

    Another address than the one that bounced is taken to work until it bounces as well; where the bounce named none,
    that is one which became known later.
    """
    found = lead.bounced.get(channel)
    if found is None:
        return False
    field = _FIELD.get(channel, "")
    address = lead.profile.get(field)
    if address is None:
        return True
    if found.address is None:
        return lead.profile_at.get(field, 0) <= found.at
    return _plain(found.address) == _plain(str(address))


def _plain(address: str) -> str:
    return "".join(address.split()).casefold()


def withheld(lead: Lead, nurture: Nurture, program: str) -> str:
    """Why a program must leave a lead alone, in words; empty where it may warm it."""
    needs = nurture.programs.get(program)
    if needs is None:
        return ""
    consent = None if needs.purpose is None else lead.consents.get(needs.purpose)
    if consent is not None and not consent.granted:
        return f"{needs.purpose} is not allowed any more"
    if needs.channel is not None and is_undeliverable(lead, needs.channel):
        return f"{needs.channel} does not reach them"
    return ""
