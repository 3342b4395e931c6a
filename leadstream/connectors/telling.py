"""The facts of one item as they are told: ids, sources, and texts cut to what a fact takes."""

from collections import Counter
from typing import Literal

import msgspec

from events.fact import Fact
from events.identity import LeadIdentityLinked
from events.ids import derived_id
from events.lead import Direction, LeadCaptured, LeadProfileUpdated, LeadTouched, Side
from events.life import LeadConsentChanged
from events.limits import LARGEST_FACT
from events.registry import WIRE_TYPE
from leadstream.connectors.faults import Bad
from leadstream.connectors.people import LONGEST, LONGEST_NAME, Profile, Who
from leadstream.connectors.port import Given, Raw, Told, Wanted
from streams.matching.keys import hashed
from streams.matching.people import email_of, phone_of

Kind = Literal["email", "phone", "source_id", "anonymous_id"]
_LONGEST_LINK = 512


class Telling:
    """Collects what one item tells.

    Args:
        raw: the request.
        given: what is known besides.
        key: what makes a repetition of the item the same one.

    Attributes:
        facts: the facts so far.
        wanted: what has to be fetched.
    """

    def __init__(self, raw: Raw, given: Given, key: str) -> None:
        self.raw = raw
        self.given = given
        self.facts: list[Told] = []
        self.wanted: list[Wanted] = []
        self._key = key
        self._source = f"/connectors/{raw.endpoint}"
        self._made: Counter[str] = Counter()

    def tell(self, subject: str, fact: Fact, at: int, *, once: bool = False) -> None:
        """Tell a fact. Its id follows from the item and the place among the item's facts of its type.

        Args:
            subject: the lead's id.
            fact: what happened.
            at: when, microseconds.
            once: it happens to a lead once, however many items tell it: the id follows from the lead alone.

        Raises:
            Bad: a lead has no room for it, or a value in it is longer than such a value may be.
        """
        wire_type, encoded = WIRE_TYPE[type(fact)], msgspec.json.encode(fact)
        if len(encoded) > LARGEST_FACT:
            raise Bad("malformed", "", f"makes a fact of {len(encoded)} bytes; expected at most {LARGEST_FACT}")
        try:
            msgspec.json.decode(encoded, type=type(fact))  # a fact that is made is not checked, one that is read is
        except msgspec.ValidationError as exc:
            raise Bad("malformed", "", f"makes a {wire_type} that no inbox takes: {exc}") from None
        if once:
            identity = derived_id("once", subject, wire_type)
        else:
            identity = derived_id(self._key, wire_type, str(self._made[wire_type]))
            self._made[wire_type] += 1
        self.facts.append(Told(subject, fact, at, self._source, identity))

    def want(self, kind: str, identity: str) -> None:
        """Say what has to be fetched."""
        self.wanted.append(Wanted(kind, identity))

    def capture(
        self,
        subject: str,
        profile: Profile,
        at: int,
        *,
        source: str,
        campaign: str = "",
        form: str = "",
        test: bool = False,
        once: bool = False,
    ) -> None:
        """Tell that somebody became known, and what they agreed to in fields that the configuration names."""
        fact = LeadCaptured(
            source=source[:LONGEST],
            profile=profile.finished(),
            campaign=campaign[:LONGEST] or None,
            form=form[:LONGEST] or None,
            is_test=test or self.given.test,
        )
        self.tell(subject, fact, at, once=once)
        for purpose in profile.consents:
            self.consent(subject, at, purpose=purpose, granted=True, source=form)

    def update(self, subject: str, profile: Profile, at: int, provider: str, confidence: float | None = None) -> None:
        """Tell what is newly known of somebody, if anything is."""
        if told := profile.finished():
            self.tell(subject, LeadProfileUpdated(profile=told, provider=provider, confidence=confidence), at)
        for purpose in profile.consents:
            self.consent(subject, at, purpose=purpose, granted=True, source=provider)

    def touch(
        self,
        subject: str,
        at: int,
        *,
        channel: str,
        kind: str,
        direction: Direction = "inbound",
        side: Side = "sales",
        by: str = "",
        campaign: str = "",
        asset: str = "",
        click_id: str = "",
    ) -> None:
        """Tell that somebody acted."""
        fact = LeadTouched(
            channel=channel,
            kind=kind,
            direction=direction,
            by=by[:LONGEST_NAME] or None,
            side=side,
            campaign=campaign[:LONGEST] or None,
            asset=asset[:LONGEST] or None,
            click_id=click_id[:LONGEST] or None,
        )
        self.tell(subject, fact, at)

    def consent(
        self,
        subject: str,
        at: int,
        *,
        purpose: str,
        granted: bool,
        source: str,
        basis: str = "consent",
        version: str = "",
    ) -> None:
        """Tell that somebody allowed a use of their data, or took that back."""
        fact = LeadConsentChanged(
            purpose=purpose[:LONGEST_NAME],
            basis=basis,
            granted=granted,
            source=source[:LONGEST],
            text_version=version[:LONGEST] or None,
        )
        self.tell(subject, fact, at)

    def links(self, who: Who, subject: str, at: int) -> None:
        """Tell by what the lead is known besides its profile. Each link has one id for ever and so is kept once."""
        self.link(subject, "source_id", who.own, at, who.system)
        self.link_email(subject, who.email, at)
        self.link(subject, "phone", phone_of(who.phone, self.given.country), at)
        self.link(subject, "anonymous_id", who.anonymous, at)

    def link_email(self, subject: str, address: str, at: int) -> None:
        """Tell an address by which the lead is known, if it is one."""
        self.link(subject, "email", email_of(address), at)

    def link(self, subject: str, kind: Kind, value: str | None, at: int, issuer: str | None = None) -> None:
        """Tell one link, if there is a value."""
        if not value or max(len(value), len(issuer or "")) > _LONGEST_LINK:
            return
        # An address in an id is only ever a keyed hash.
        identity = derived_id("link", subject, hashed(kind, f"{issuer or ''}\x1f{value}", self.given.secret))
        fact = LeadIdentityLinked(kind=kind, value=value, issuer=issuer)
        self.facts.append(Told(subject, fact, at, self._source, identity))
