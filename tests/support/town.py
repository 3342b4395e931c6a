"""Leads that speak to one another and to the keys they have in common: all of them in full, without a log.

What one tells another comes in the order in which it was told. In which order those come that different ones tell is
chosen from outside, so that a law can be tried on every order.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Self

from events.codec import Codec
from events.commands import UnmergeLead
from events.envelope import Envelope
from events.ids import fingerprint
from events.sources import OWN_SOURCE
from events.topics import FORWARDS, IDENTITY_INBOX, LEAD_INBOX
from streams.agents.admission import heard
from streams.agreement.known import Known
from streams.deciders.identity import IDENTITY, Key
from streams.deciders.subject import Around, decide, fold, is_duplicate
from tests.support.given import Arrival, Story, happened, published

Choose = Callable[[int], int]
"""Given how many are waiting, which one is heard next."""
_codec = Codec()


class Word(NamedTuple):
    """Something told, on its way; `recorded` in microseconds."""

    inbox: str
    to: str
    envelope: Envelope
    recorded: int


class Town:
    """Several leads under these agreements, in YAML.

    Args:
        agreements: in YAML.
        twice: everything that is told comes twice.
        forgetful: throw away after every step what is only kept to be fast.
    """

    def __init__(self, *agreements: str, twice: bool = False, forgetful: bool = False) -> None:
        self.known = Known.of(map(published, agreements))
        self.twice, self.forgetful = twice, forgetful
        self.leads: dict[str, Story] = {}
        self.keys: dict[str, Key] = {}
        self.waiting: dict[tuple[str, str, str], list[Word]] = {}
        self._folded: dict[str, Key] = {}

    def lead(self, name: str) -> Story:
        if name not in self.leads:
            self.leads[name] = Story(self.known, forgetful=self.forgetful, subject=name)
        return self.leads[name]

    def tell(self, name: str, *arrivals: Arrival) -> Self:
        """Upstream tells of a lead; nobody has heard yet what follows from it."""
        story = self.lead(name)
        for arrival in arrivals:
            before = len(story.facts)
            story.arrives(arrival)
            self._send(name, story.facts[before:], arrival.recorded)
        return self

    def settle(self, choose: Choose = lambda _: 0) -> Self:
        """Everybody hears what they are told, until nobody has anything to tell."""
        steps = 0
        while self.waiting:
            self.hear(choose)
            steps += 1
            assert steps < 5_000, "they never come to an end"
        return self

    def hear(self, choose: Choose) -> None:
        """One of those who are waiting is heard."""
        route = sorted(self.waiting)[choose(len(self.waiting))]
        word = self.waiting[route].pop(0)
        if not self.waiting[route]:
            del self.waiting[route]
        for _ in range(2 if self.twice else 1):
            self._hears(word)

    def unmerge(self, name: str, at: float) -> Self:
        return self.tell(name, happened(UnmergeLead(by="Data desk"), at, fact_id=f"unmerge-{name}-{at}"))

    def root(self, name: str) -> str:
        """The lead for which the history of a lead counts in the end."""
        passed = [name]
        while (person := self.leads[passed[-1]].live.lead.person) is not None and person.into is not None:
            assert person.into not in passed, f"a circle: {passed}"
            passed.append(person.into)
        return passed[-1]

    def _hears(self, word: Word) -> None:
        if word.inbox == LEAD_INBOX:
            story = self.lead(word.to)
            before = len(story.facts)
            story.hears(word.envelope, word.recorded)
            self._send(word.to, story.facts[before:], word.recorded)
        elif word.inbox == IDENTITY_INBOX:
            self._send(word.to, self._key_hears(word), word.recorded)

    def _key_hears(self, word: Word) -> Iterable[Envelope]:
        state, twin = self.keys.setdefault(word.to, Key()), self._folded.setdefault(word.to, Key())
        envelope = heard(word.envelope, word.to)
        mark = fingerprint(envelope.source, envelope.id)
        if is_duplicate(state, mark):
            return []
        around = Around(self.known, max(word.recorded, state.recorded_at), word.to)
        told = decide(IDENTITY, state, envelope, mark, around)
        for each in told:
            fold(IDENTITY, twin, _codec.decode(_codec.encode(each)))
        assert twin == state
        return told

    def _send(self, speaker: str, told: Iterable[Envelope], recorded: int) -> None:
        for envelope in told:
            if envelope.source == OWN_SOURCE:
                for inbox, to in FORWARDS.get(type(envelope.data), ()):
                    name = to(envelope.data)
                    if name is None:  # it is for nobody, as a conversion that opens no opportunity
                        continue
                    self.waiting.setdefault((speaker, inbox, name), []).append(Word(inbox, name, envelope, recorded))
