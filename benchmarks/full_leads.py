"""The full workload: the lead workload under an agreement that also routes leads and asks who is who, and a second
opinion on what leads, pools and keys then say to one another, written from the agreement's text alone.

An event is a fact that upstream put into `lead-inbox`. What leads, pools and keys tell one another is work that such
an event brings about, and is not counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from engine.ports import Record
from streams.programs import ACCOUNTS, IDENTITIES, LEADS, POOLS

AGREEMENT = Path(__file__).with_name("full.yaml")
GROUPS = (LEADS, IDENTITIES, ACCOUNTS, POOLS)
"""Those that speak to one another, the leads first."""

_POOLS = {
    "full/key-accounts": {"rep-01": 1, "rep-02": 1},
    "full/east": {"rep-11": 3, "rep-12": 2, "rep-13": 1},
    "full/west": {"rep-21": 2, "rep-22": 2, "rep-23": 1, "rep-24": 1},
}
_REMEMBERED = 500
"""A pool gives a turn back when the request is taken back within so many others; later it is a turn that was had."""
Fact = dict[str, Any]


def problems(
    leads: Sequence[Sequence[Record]], pools: Sequence[Sequence[Record]], keys: Sequence[Sequence[Record]]
) -> list[str]:
    """What is wrong with who got which lead, and with the keys that were claimed.

    Checked: every request names the pool of the profile as it was; the owner told is the one whose turn it was; each
    request that was not taken back has one answer; each turn was due to the one who got it; every lead claims
    each of its keys once, and those it is claimed from hear of all claims.

    Args:
        leads: all records of `lead-events`, by partition.
        pools: of `pool-events`.
        keys: of `identity-events`.
    """
    told, turns = _by_subject(leads), _by_subject(pools)
    answers = {
        (fact["data"]["lead"], fact["data"]["number"]): fact["data"]["owner"]
        for fact in chain(*turns.values())
        if fact["type"] == "pool.assigned.v1"
    }
    wrong = [f"{lead}: {what}" for lead, facts in told.items() for what in _wrong_with(lead, facts, answers)]
    wrong += [f"{pool}: {what}" for pool, facts in turns.items() for what in _unfair(_POOLS[pool], facts)]
    return wrong + list(_unclaimed(told, _by_subject(keys)))


def _by_subject(partitions: Iterable[Iterable[Record]]) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = defaultdict(list)
    for record in chain.from_iterable(partitions):
        fact = orjson.loads(record.value or b"")
        found[fact["subject"]].append(fact)
    return found


def _wrong_with(lead: str, facts: list[Fact], answers: Mapping[tuple[str, int], str]) -> Iterator[str]:
    profile: dict[str, Any] = {}
    since: dict[str, str] = {}
    waiting: int | None = None
    for fact in facts:
        kind, data = fact["type"], fact["data"]
        for name, value in data.get("profile", {}).items():
            if fact["time"] >= since.get(name, ""):
                profile[name], since[name] = value, fact["time"]
        if kind == "lead.owner_requested.v1":
            waiting = data["number"]
            if data["pool"] != _pool_of(profile):
                yield f"asked {data['pool']}, should have asked {_pool_of(profile)}"
            if (lead, waiting) not in answers:
                yield f"request {waiting} was never answered"
        elif kind == "lead.request_withdrawn.v1":
            waiting = None
        elif kind == "lead.assigned.v1":
            if waiting is None or data["owner"] != answers.get((lead, waiting)):
                yield f"went to {data['owner']}, whose turn it was not"
            waiting = None
    if waiting is not None:
        yield f"still waits for request {waiting}"


def _pool_of(profile: Mapping[str, Any]) -> str:
    if profile.get("company.employees", 0) >= 1500:
        return "full/key-accounts"
    return "full/east" if profile.get("company.country") in {"RO", "MD"} else "full/west"


def _unfair(weights: Mapping[str, int], facts: list[Fact]) -> Iterator[str]:
    """A turn is somebody's to whom most is owed; one whose lead soon took back its request is owed again."""
    owed, total = dict.fromkeys(weights, 0), sum(weights.values())
    had: dict[tuple[str, int], str] = {}
    for fact in facts:
        data = fact["data"]
        if fact["type"] == "pool.assigned.v1":
            owner = had[data["lead"], data["number"]] = data["owner"]
            if len(had) > _REMEMBERED:
                del had[next(iter(had))]
            owed = {name: balance + weights[name] for name, balance in owed.items()}
            if owed[owner] < max(owed.values()):
                yield f"{fact['id']} was not the turn of {owner}, owed are {owed}"
                return
            owed[owner] -= total
        elif fact["type"] == "lead.request_withdrawn.v1":
            taken = had.pop((fact["source"].rpartition("/")[2], data["number"]), None)
            if taken is not None:
                owed = {name: balance - weights[name] for name, balance in owed.items()}
                owed[taken] += total


def _unclaimed(leads: Mapping[str, list[Fact]], keys: Mapping[str, list[Fact]]) -> Iterator[str]:
    """A key for each address, for each name at a company, for each company's name and its domain."""
    expected: dict[str, set[Any]] = defaultdict(set)
    claims = 0
    for lead, facts in leads.items():
        kinds = [f["data"]["key"].partition(":")[0] for f in facts if f["type"] == "lead.identity_claimed.v1"]
        claims += len(kinds)
        captured = [fact["data"]["profile"] for fact in facts if fact["type"] == "lead.captured.v1"]
        for profile in captured:
            expected["email"].add(profile["person.email"])
            expected["name_at_company"].add((profile["person.name"], profile["company.name"]))
            expected["company_name"].add(profile["company.name"])
            expected["company_domain"].add(profile["person.email"].partition("@")[2])
        if sorted(kinds) != (["company_domain", "company_name", "email", "name_at_company"] if captured else []):
            yield f"{lead}: claimed {sorted(kinds)}"
    heard = sum(fact["type"] == "lead.identity_claimed.v1" for facts in keys.values() for fact in facts)
    if heard != claims:
        yield f"{claims} claims were made, {heard} heard"
    for kind, values in expected.items():
        found = sum(key.partition(":")[0] == kind for key in keys)
        if found != len(values):
            yield f"{found} keys of kind {kind}, should be {len(values)}"
