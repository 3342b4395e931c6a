"""The frame of every connector: a request is split into items, and each item tells its facts or none of them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from events.ids import derived_id
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.port import (
    Connector,
    Given,
    Outcome,
    Raw,
    Refusal,
    Rejected,
    Reply,
    Told,
    Translated,
    Trust,
    Wanted,
    Whose,
)
from leadstream.connectors.signatures import digest_of, no_challenge, without_credentials
from leadstream.connectors.telling import Telling

_Item = TypeVar("_Item")
Key = tuple[str, ...]
Items = Callable[[Raw], Sequence[_Item]]
KeyOf = Callable[[_Item, Raw], Key]
Tell = Callable[[_Item, Telling], None]


def connector(
    name: str,
    items: Items[_Item],
    key: KeyOf[_Item],
    tell: Tell[_Item],
    *,
    verify: Callable[[Raw, Trust, int], Refusal | None],
    challenge: Callable[[Raw, Trust], Reply | None] = no_challenge,
    kept: Callable[[Raw], Raw] = without_credentials,
    methods: tuple[str, ...] = ("POST",),
    reply: Reply | None = None,
    seconds: float = 10.0,
    tells: bool = False,
    browsers: bool = False,
    open_by_account: bool = False,
    whose_key: Whose = "both",
    ids_of: str = "",
) -> Connector:
    """A connector whose requests are made of items.

    Args:
        name: its name.
        items: the request's items; raises Bad where it cannot be read.
        key: an item's natural key; total.
        tell: tells an item's facts; raises Bad or Skip.
        verify: see `Connector`, as for all that follow.
        challenge: none, unless it is given.
        kept: the request without credentials.
        methods: HTTP methods by which messages come.
        reply: what an accepted request is answered; 200 and an empty object, unless it is given.
        seconds: how long the sender waits for an answer.
        tells: whoever sends is told what is rejected.
        browsers: pages of other origins send.
        open_by_account: an account that is configured is proof enough.
        whose_key: whose key the sender has.
        ids_of: the connector whose requests may tell the same: facts have the ids that they have there.
    """
    once = _remembering(items)
    return Connector(
        name=name,
        verify=verify,
        translate=_translator(ids_of or name, once, key, tell),
        natural_key=_keyed(name, once, key, kept),
        challenge=challenge,
        kept=kept,
        methods=methods,
        reply=reply or Reply(),
        seconds=seconds,
        tells=tells,
        browsers=browsers,
        open_by_account=open_by_account,
        whose_key=whose_key,
    )


def _remembering(items: Items[_Item]) -> Items[_Item]:
    """Reads a request once where it is asked twice in a row, as for its natural key and then for its facts."""
    last: tuple[Raw, Sequence[_Item]] | None = None

    def read(raw: Raw) -> Sequence[_Item]:
        nonlocal last
        if last is None or last[0] is not raw:
            last = raw, items(raw)
        return last[1]

    return read


def _translator(
    name: str, items: Items[_Item], key: KeyOf[_Item], tell: Tell[_Item]
) -> Callable[[Raw, Given], Outcome]:
    """The `translate` of a connector: each item tells its facts or none of them."""

    def translate(raw: Raw, given: Given) -> Outcome:
        try:
            found = items(raw)
        except Bad as bad:
            return Rejected(bad.reason, bad.field, bad.hint)
        facts: dict[tuple[str, str], Told] = {}
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
                for told in telling.facts:
                    facts.setdefault((told.subject, told.id), told)  # items may tell the same link, or be the same
                wanted += telling.wanted
        if len(found) == len(rejected) == 1:
            return rejected[0]
        return Translated(tuple(facts.values()), tuple(rejected), tuple(skipped), tuple(dict.fromkeys(wanted)))

    return translate


def _keyed(name: str, items: Items[_Item], key: KeyOf[_Item], kept: Callable[[Raw], Raw]) -> Callable[[Raw], str]:
    """The `natural_key` of a connector: that of its only item, else made of those of all, else of the bytes.

    Credentials are no part of it: a request has the same key before and after they are taken out.
    """

    def natural_key(sent: Raw) -> str:
        raw = kept(sent)
        try:
            found = items(raw)
        except Bad:
            found = ()
        if not found:
            return derived_id(name, raw.endpoint, raw.query, digest_of(raw.body))
        each = [derived_id(name, raw.endpoint, *key(item, raw)) for item in found]
        return each[0] if len(each) == 1 else derived_id(name, *each)

    return natural_key
