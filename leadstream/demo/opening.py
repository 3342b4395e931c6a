"""What is told before the first lead: the customers there were, and who of sales will be out of office."""

from collections.abc import Iterator

from events.account import AccountOpened
from events.codec import Codec
from events.fact import Fact
from events.instants import from_us
from events.registry import wrap
from events.routing import MemberAway
from leadstream.demo.company import SOURCE, Arrival
from leadstream.demo.people import CUSTOMERS, KEY_REP
from leadstream.demo.tempo import Tempo


def opening(agreement: str, tempo: Tempo, start: int, end: int) -> Iterator[Arrival]:
    """Accounts, and absences that begin before the end, all told at the start.

    Args:
        agreement: its name, under which its pools are known.
        tempo: who is away when.
        start: when it is told, microseconds.
        end: what begins later is not told, microseconds.
    """
    codec = Codec()

    def told(name: str, subject: str, fact: Fact) -> Arrival:
        envelope = wrap(fact, id=name, source=SOURCE, subject=subject, time=from_us(start))
        return Arrival(start, subject.encode(), codec.encode(envelope), envelope)

    for account, name in CUSTOMERS.items():
        yield told(f"{account}-opened", account, AccountOpened(name=name, owner=KEY_REP.name))
    for number, each in enumerate(tempo.absences):
        if each.since < end:
            away = MemberAway(
                member=each.rep, since=from_us(each.since), until=from_us(each.until), replacement=each.replacement
            )
            yield told(f"away-{number}", f"{agreement}/{each.team}", away)
