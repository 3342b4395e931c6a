"""The lead task: takes records from `lead-inbox`, lets the decider decide, appends what it says."""

import logging

import msgspec

from engine.errors import UnknownState
from engine.partitioning import partition_of
from engine.ports import Record
from engine.recordtime import TOLERANCE
from engine.transaction import Transaction
from events.codec import Codec, Undecodable
from events.envelope import Envelope
from events.ids import fingerprint
from events.instants import from_us, to_us
from events.lead import LeadScored
from events.limits import LARGEST_FACT
from events.registry import LEAD_COMMANDS, TO_LEADS, UPSTREAM
from events.topics import LEAD_EVENTS, LEAD_INBOX, LEAD_SCORES, LEAD_STATE
from streams.agents.admission import EARLIEST, Admission, heard
from streams.agents.agreements import AgreementReader
from streams.agents.lead_bytes import dump_lead, load_lead, plain_lead, unpacked
from streams.agents.stray import forward_stray
from streams.agents.telling import Teller
from streams.deciders.lead.commands import decide_command
from streams.deciders.lead.decide import decide, initial, is_duplicate
from streams.deciders.lead.engagement import Basis, basis, explain
from streams.deciders.lead.given import Given, Kept, Live
from streams.deciders.lead.growth import GROWTH, growth
from streams.deciders.lead.wake import move, next_wake, wake

logger = logging.getLogger(__name__)

ADMITTED = Admission(UPSTREAM | LEAD_COMMANDS, TO_LEADS)
"""What `lead-inbox` takes."""

STATE_BYTES = 900_000
"""The most a lead's state may take before it is packed: a changelog record has to hold it whatever is in it, with room
for what a last fact brings about."""
IMPORT_NOTE = b"\0import:"
"""Keys of the notes that imports leave in the inbox begin so; they are no facts."""

_encode_json = msgspec.json.Encoder().encode


class LeadProcessor:
    """The program of one lead task.

    Args:
        agreements: reader of the published agreements, shared between tasks.
        codec: bytes to facts and back.
        secret: the deployment's key for hashes of personal keys.
    """

    def __init__(self, agreements: AgreementReader, codec: Codec, secret: bytes = b"") -> None:
        self._agreements, self._codec, self._secret = agreements, codec, secret
        self._teller = Teller(codec, "leads", LEAD_EVENTS)
        self._rescored: dict[bytes, Basis] = {}
        self._strayed = 0

    def load(self, raw: bytes) -> Live:
        """A lead from its bytes; what is kept beside it is found again when needed.

        Raises:
            UnknownState: these are not the bytes of a lead.
        """
        try:
            plain = unpacked(raw)
            return Live(lead=load_lead(plain), kept=Kept(size=len(plain)))
        except msgspec.DecodeError as exc:
            raise UnknownState(f"{LEAD_STATE}: the state of a lead cannot be read ({exc})") from exc

    def dump(self, state: Live) -> bytes:
        """The lead's bytes."""
        return dump_lead(state.lead)

    async def prepare(self, until: int) -> None:
        """Know all agreements that can matter to records up to `until`."""
        self._rescored, self._strayed = {}, 0
        await self._agreements.refresh(until)

    def decide(self, txn: Transaction[Live], record: Record, at: int) -> None:
        """Decide one record of the inbox; what cannot be taken becomes a dead letter with its reason."""
        if record.key is not None and record.key.startswith(IMPORT_NOTE):
            return
        try:
            envelope = self._codec.decode(record.value, record.headers)
        except Undecodable as exc:
            txn.dead_letter(record, LEAD_INBOX, exc.reason, str(exc), exc.field)
            return
        occurred_at = to_us(envelope.time)
        if not EARLIEST <= occurred_at <= at + TOLERANCE or not ADMITTED.of_outside(envelope):
            if not ADMITTED.of_task(envelope, record):
                txn.dead_letter(record, LEAD_INBOX, *ADMITTED.refusal(envelope, occurred_at, at))
                return
            envelope = heard(envelope, (record.key or b"").decode())
        key, mark = envelope.subject.encode(), fingerprint(envelope.source, envelope.id, self._secret)
        live = txn.get(key)
        if live is None:
            if partition_of(key, txn.partitions) != txn.partition:
                forward_stray(txn, LEAD_INBOX, key, record, at)
                self._strayed += 1
                return
            live = initial()
        elif is_duplicate(live, mark):
            return
        is_command = type(envelope.data) in LEAD_COMMANDS
        too_large = _outgrows(live, growth(live.lead, envelope, len(record.value or b"")))
        if too_large and not is_command:
            size = len(record.value or b"")
            detail = f"the lead's history would outgrow {STATE_BYTES} bytes; look for a sender that repeats itself"
            if size > LARGEST_FACT:
                detail = f"the fact has {size} bytes; expected at most {LARGEST_FACT}, a lead has room for no more"
            txn.dead_letter(record, LEAD_INBOX, "lead_too_large", detail)
            return
        given = self._given(max(at, live.lead.recorded_at), at, envelope.subject)
        if is_command:
            decided = decide_command(live, envelope, occurred_at, given, has_room=not too_large)
            self._teller.answer(txn, envelope, decided.answer, given.at)
            told = decided.told
        else:
            told = decide(live, envelope, occurred_at, given, mark)
        if live.lead.sequence:  # or it was a command about nobody
            self._teller.tell(txn, key, told, at)
            self._keep(txn, key, live, told, given)

    def wake(self, txn: Transaction[Live], key: bytes, due: int) -> None:
        """A lead's earliest deadline has passed."""
        live = txn.get(key)
        if live is None:
            return
        given = self._given(max(due, live.lead.recorded_at), due, key.decode())
        live.kept.size += GROWTH
        told = wake(live, due, given)
        self._teller.tell(txn, key, told, given.at)
        self._keep(txn, key, live, told, given)
        again = txn.wake_of(key)
        if again is not None and again <= due:
            raise RuntimeError(f"lead {given.subject}: deadline {from_us(due)} brings nothing about")

    def milestone(self, since: int) -> int | None:
        """The next instant at which a version of an agreement takes effect."""
        return self._agreements.known.next_change(since)

    def sweep(self, txn: Transaction[Live], key: bytes, at: int) -> None:
        """A version takes effect: the score of a lead under that agreement moves to it."""
        live = txn.get(key)
        if live is None or live.lead.agreement is None:
            return
        found = self._agreements.known.in_force(live.lead.agreement, at)
        if found is not None and found.effective_from == at:
            given = self._given(max(at, live.lead.recorded_at), at, key.decode())
            live.kept.size += GROWTH
            told = move(live, at, given)
            self._teller.tell(txn, key, told, given.at)
            self._keep(txn, key, live, told, given)

    def finish(self, txn: Transaction[Live]) -> None:
        """Write each changed score once, with its reasons."""
        if self._strayed:
            logger.warning(
                "%s-%d: %d records had come to another lead's partition and were handed on; their producer should "
                "give them the lead id as key and use Kafka's default partitioner (murmur2)",
                LEAD_INBOX, txn.partition, self._strayed,
            )  # fmt: skip
        for key, scored in self._rescored.items():
            value = _encode_json({"lead": key.decode(), **explain(scored)})
            if len(value) > STATE_BYTES:
                value = _encode_json({"lead": key.decode(), **explain(scored, by_rule=True)})
            txn.send(LEAD_SCORES, key, value)
        self._rescored, self._strayed = {}, 0

    def _given(self, at: int, record_time: int, subject: str) -> Given:
        return Given(self._agreements.known, at, record_time, subject, self._secret)

    def _keep(self, txn: Transaction[Live], key: bytes, live: Live, told: list[Envelope], given: Given) -> None:
        """Keep the lead after its facts, its next deadline, and its score to be written."""
        for envelope in told:
            fact = envelope.data
            if isinstance(fact, LeadScored):  # as it is now: what follows in this batch must not change it
                self._rescored[key] = basis(live, fact.agreement, fact.version, given)
        txn.put(key, live, next_wake(live, given))


def _outgrows(live: Live, added: int) -> bool:
    """Whether the lead's state might no longer fit a changelog record after a fact that adds so many bytes at most.

    It is decided by the exact size, so that it does not depend on what is kept in memory; the running size is never
    below it, so most of the time the exact one need not be taken.
    """
    kept = live.kept
    kept.size += added
    if kept.size > STATE_BYTES:
        kept.size = len(plain_lead(live.lead)) + added
    return kept.size > STATE_BYTES
