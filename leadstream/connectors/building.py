"""The frame of every connector: a request is split into items, and each item tells its facts or none of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from events.fact import Fact
from events.identity import LeadIdentityLinked
from events.ids import derived_id
from events.registry import WIRE_TYPE
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.people import Who
from leadstream.connectors.port import Given, Outcome, Raw, Rejected, Told, Translated, Wanted
from leadstream.connectors.signatures import digest_of
from streams.matching.keys import hashed
from streams.matching.people import email_of, phone_of

_Item = TypeVar("_Item")
Key = tuple[str, ...]
Kind = Literal["email", "phone", "source_id", "anonymous_id"]
_LONGEST_LINK = 512


class Telling:
    """Collects what one item tells.

    Args:
        raw: the request.
        given: what is known besides.
        key: what makes a repetition of the item the same one.
    """

    def __init__(self, raw: Raw, given: Given, key: str) -> None:
        self.raw = raw
        self.given = given
        self.source = f"/connectors/{raw.endpoint}"
        self.facts: list[Told] = []
        self.wanted: list[Wanted] = []
        self._key = key
        self._made: Counter[str] = Counter()

    def tell(self, subject: str, fact: Fact, at: int) -> None:
        """Tell a fact. Its id follows from the item and the place among the item's facts of its type."""
        wire_type = WIRE_TYPE[type(fact)]
        identity = derived_id(self._key, wire_type, str(self._made[wire_type]))
        self._made[wire_type] += 1
        self.facts.append(Told(subject, fact, at, self.source, identity))

    def want(self, kind: str, identity: str) -> None:
        """Say what has to be fetched."""
        self.wanted.append(Wanted(kind, identity))

    def links(self, who: Who, subject: str, at: int) -> None:
        """Tell by what the lead is known besides its profile. Each link has one id for ever and so is kept once."""
        self.link(subject, "source_id", who.own, at, who.system)
        self.link(subject, "email", email_of(who.email), at)
        self.link(subject, "phone", phone_of(who.phone, self.given.country), at)
        self.link(subject, "anonymous_id", who.anonymous, at)

    def link(self, subject: str, kind: Kind, value: str | None, at: int, issuer: str | None = None) -> None:
        """Tell one link, if there is a value."""
        if not value or len(value) > _LONGEST_LINK:
            return
        # An address in an id is only ever a keyed hash.
        identity = derived_id("link", subject, hashed(kind, f"{issuer or ''}\x1f{value}", self.given.secret))
        fact = LeadIdentityLinked(kind=kind, value=value, issuer=issuer)
        self.facts.append(Told(subject, fact, at, self.source, identity))


Items = Callable[[Raw], Sequence[_Item]]
KeyOf = Callable[[_Item, Raw], Key]
Tell = Callable[[_Item, Telling], None]


def translator(name: str, items: Items[_Item], key: KeyOf[_Item], tell: Tell[_Item]) -> Callable[[Raw, Given], Outcome]:
    """The `translate` of a connector.

    Args:
        name: the connector's.
        items: the request's items; raises Bad where it cannot be read.
        key: an item's natural key; total.
        tell: tells an item's facts; raises Bad or Skip.
    """

    def translate(raw: Raw, given: Given) -> Outcome:
        try:
            found = items(raw)
        except Bad as bad:
            return Rejected(bad.reason, bad.field, bad.hint)
        facts: list[Told] = []
        rejected: list[Rejected] = []
        skipped: list[str] = []
        wanted: list[Wanted] = []
        for place, item in enumerate(found):
            telling = Telling(raw, given, derived_id(name, *key(item, raw)))
            try:
                tell(item, telling)
            except Bad as bad:
                rejected.append(Rejected(bad.reason, bad.field, bad.hint, place if len(found) > 1 else None))
            except Skip as skip:
                skipped.append(skip.why)
            else:
                facts += telling.facts
                wanted += telling.wanted
        if len(found) == len(rejected) == 1:
            return rejected[0]
        return Translated(tuple(facts), tuple(rejected), tuple(skipped), tuple(dict.fromkeys(wanted)))

    return translate


def keyed(name: str, items: Items[_Item], key: KeyOf[_Item]) -> Callable[[Raw], str]:
    """The `natural_key` of a connector: that of its only item, else made of those of all, else of the bytes."""

    def natural_key(raw: Raw) -> str:
        try:
            found = items(raw)
        except Bad:
            return derived_id(name, raw.endpoint, raw.query, digest_of(raw.body))
        each = [derived_id(name, raw.endpoint, *key(item, raw)) for item in found]
        return each[0] if len(each) == 1 else derived_id(name, *each)

    return natural_key
