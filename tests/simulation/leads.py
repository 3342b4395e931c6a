"""Facts about leads, and what has to come of them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from typing_extensions import override

from engine.drain import drain
from engine.host import Program
from engine.memory.log import MemoryLog
from engine.partitioning import partition_of
from engine.ports import NewRecord, TopicSpec
from events.agreement import AgreementCommand, PublishAgreement, RetireAgreement
from events.codec import Codec
from events.fact import Fact
from events.instants import DAY, MINUTE, from_us
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated, LeadStatusChanged, LeadTouched
from events.registry import wrap
from events.topics import (
    AGREEMENT_INBOX,
    AGREEMENTS,
    ANSWERS,
    DEAD_LETTERS,
    LEAD_EVENTS,
    LEAD_INBOX,
    LEAD_SCORES,
    LEAD_STATE,
    SLA_BREACHES,
    TOPICS,
)
from streams.agents.agreement_task import AgreementProcessor
from streams.agents.agreements import AgreementReader
from streams.agents.lead_task import LeadProcessor
from streams.agreement.grammar import AgreementSpec
from streams.agreement.load import document, load
from streams.deciders.agreement.refusals import NOTICE_US
from streams.programs import AGREEMENTS_GROUP, LEADS
from tests.simulation import lead_oracle
from tests.simulation.lead_oracle import Came
from tests.simulation.plan import SECOND, START
from tests.simulation.scenario import Scenario
from tests.simulation.world import HOUR, World
from tests.streams.deciders.lead.desk import DESK
from tests.streams.deciders.lead.lead_strategies import LARGE, NEXT, RICH

_codec = Codec()
_STATUSES = ("Contacted", "Nurturing", "Unqualified", "Won", "Shelved", "unheard of")
_POISON = (b"{", b"", b'{"specversion":"1.0","type":"lead.vanished.v1"}')
_LATER = DAY
"""When the version that is published while everything goes wrong takes effect, after the start: everybody knows it by
then, so it has to count for everybody alike."""
_COARSE = 5 * SECOND
"""Versions take effect at few different instants, so that parsing them is remembered."""
_SIGNED = "\nsigned: [{side: marketing, by: m, at: 2026-01-01}, {side: sales, by: s, at: 2026-01-01}]\n"


def _version(number: int, effective_from: int) -> str:
    """The same agreement again, with other points, from an instant on."""
    text = NEXT.replace("version: 2", f"version: {number}").replace("points: 22", f"points: {22 + 9 * number}")
    return text.replace("2026-01-08T00:00:00+00:00", from_us(effective_from).isoformat())


@cache
def _parsed(text: str) -> AgreementSpec:
    return load(text)


class Leads(Scenario):
    """Leads under one simple agreement, whose verdicts are counted independently, or under several rich ones."""

    horizon = 40 * DAY
    inboxes: Sequence[str] = (LEAD_INBOX, AGREEMENT_INBOX)
    exact: Sequence[str] = (LEAD_EVENTS, SLA_BREACHES, DEAD_LETTERS, AGREEMENTS, ANSWERS)
    folded: Sequence[str] = (LEAD_STATE, LEAD_SCORES)

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._simple = world.chance(0.5)
        self._sent: list[tuple[int, NewRecord]] = []
        self._good: dict[str, tuple[int, Fact]] = {}
        self._publish_at = -1 if self._simple else world.rng.randrange(self.plan.records)
        self._notice_at = -1 if self._simple else world.rng.randrange(self.plan.records)
        self._published = 2
        soon = START + _COARSE * world.rng.randrange(12)
        self._agreements = [DESK] if self._simple else [RICH, LARGE, _version(2, soon)]
        self.milestones: list[int] = [] if self._simple else [soon, START + _LATER]

    @override
    def topics(self) -> list[TopicSpec]:
        return [
            TopicSpec(
                each.name,
                each.partitions or self.plan.partitions,
                compacted=each.compacted,
                max_record_bytes=each.max_record_bytes,
            )
            for each in TOPICS
        ]

    @override
    def programs(self, log: MemoryLog, clock: Callable[[], int]) -> list[Program]:
        agreements = AgreementReader(log, _codec, clock)  # as `lead_program` does, but for making a codec every time
        return [
            Program(AGREEMENTS_GROUP, 1, lambda _: AgreementProcessor(_codec)),
            Program(LEADS, self.plan.partitions, lambda _: LeadProcessor(agreements, _codec)),
        ]

    @override
    async def begin(self) -> None:
        for text in self._agreements:
            self._command(text)
        log = MemoryLog(clock=self.world.wall, disk=self.world.disk)
        await drain(log, self.programs(log, self.world.wall)[0])

    def _command(self, text: str, *, first: bool = True) -> None:
        spec = _parsed(text)
        how = {"before_first_lead": first, "signed_as": "tests" if first else None}
        self._ask(PublishAgreement(document=document(spec), **how), spec.agreement, f"{spec.agreement}-{spec.version}")

    def _ask(self, command: AgreementCommand, name: str, command_id: str) -> None:
        sent = wrap(command, id=command_id, source="/tests", subject=name, time=from_us(self.world.wall()))
        self.append(AGREEMENT_INBOX, 0, NewRecord(b"k", _codec.encode(sent)))

    @override
    def send(self, number: int) -> None:
        rng = self.world.rng
        if number == self._publish_at:
            self._published += 1
            self._command(_version(self._published, START + _LATER))
        if number == self._notice_at:  # at the shortest notice there is, and who knows when it will be decided
            at = -(-self.world.wall() // _COARSE) * _COARSE + NOTICE_US
            self.milestones.append(at)
            if number % 2:
                self._published += 1
                self._command(_version(self._published, at) + _SIGNED, first=False)
            else:
                self._ask(RetireAgreement(version=1, retired_from=from_us(at)), _parsed(LARGE).agreement, "retire")
            if self.world.chance(0.5):
                self.world.jump(HOUR)  # nobody decides about it for so long, and the leads go on
        drawn = rng.random()
        if drawn < 0.1 and self._sent:
            partition, record = rng.choice(self._sent)  # upstream repeats itself
        else:
            lead = f"lead{rng.randrange(self.plan.keys)}"
            partition = partition_of(lead.encode(), self.plan.partitions)
            record = (
                NewRecord(lead.encode(), rng.choice(_POISON)) if drawn < 0.15 else self._fact(lead, f"fact-{number}")
            )
        self._sent.append((partition, record))
        self.append(LEAD_INBOX, partition, record)

    def _fact(self, lead: str, name: str) -> NewRecord:
        rng = self.world.rng
        at = self.world.wall() - rng.choice((0, 0, 0, SECOND, 40 * MINUTE, 3 * DAY))
        fact = rng.choice(self._facts()[: 3 if self._simple else 6])
        self._good[name] = at, fact
        envelope = wrap(fact, id=name, source="/forms", subject=lead, time=from_us(at))
        return NewRecord(lead.encode(), _codec.encode(envelope))

    def _facts(self) -> list[Fact]:
        """One of each kind; the first three are all that the simple agreement knows."""
        rng = self.world.rng
        profile: dict[str, Any] = {
            "company.employees": rng.choice((5, 100)),
            "company.country": rng.choice(("RO", "FR")),
        }
        return [
            LeadCaptured(profile=profile),
            LeadTouched(direction="outbound", channel=rng.choice(("call", "email", "sms")), kind="dialled"),
            LeadTouched(direction="inbound", channel=rng.choice(("website", "webinar", "email")), kind="visited"),
            LeadProfileUpdated(profile={"company.employees": 100, "answers.contact_me": rng.random() < 0.5}),
            LeadStatusChanged(status=rng.choice(_STATUSES)),
            LeadConverted(),
        ]

    @override
    def judge(self, end: int) -> None:
        for number in range(self.plan.partitions):
            inbox = self.world.disk.partition(LEAD_INBOX, number).records
            told, arrived = defaultdict(list), defaultdict(list)
            for record in self.world.disk.partition(LEAD_EVENTS, number).records:
                told[record.key or b""].append(_codec.decode(record.value))
            for record in inbox:
                if record.value not in _POISON:
                    name = _codec.decode(record.value).id
                    arrived[record.key or b""].append(Came(name, *self._good[name]))
            for key in sorted(set(told) | set(arrived)):
                for fault in lead_oracle.faults(arrived[key], told[key], end if self._simple else None):
                    self.world.violate(f"{key!r}: {fault}")
            poison = [each.offset for each in inbox if each.value in _POISON]
            letters = self.world.disk.partition(DEAD_LETTERS, number).records
            found = [int(dict(each.headers)["dlq.offset"]) for each in letters]
            self.equal(f"dead letters of {number}", found, poison)
