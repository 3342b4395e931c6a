"""The agreement task: takes commands from `agreement-inbox`, publishes versions, answers."""

from engine.ports import Record
from engine.recordtime import TASK_HEADER, TIME_HEADER
from engine.transaction import Transaction
from events.agreement import PublishAgreement
from events.codec import Codec, Undecodable
from events.envelope import Envelope
from events.fact import Fact
from events.ids import derived_id
from events.instants import from_us
from events.registry import WIRE_TYPE, wrap
from events.topics import AGREEMENT_INBOX, AGREEMENTS, ANSWERS
from streams.deciders import agreement
from streams.deciders.agreement import AgreementState
from streams.deciders.lead.evolve import OWN_SOURCE

_STATE = b"agreements"


class AgreementProcessor:
    """The program of the one task that decides about agreements.

    Args:
        codec: bytes to commands and facts to bytes.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def load(self, raw: bytes) -> AgreementState:
        """State from its bytes."""
        return agreement.decode(raw)

    def dump(self, state: AgreementState) -> bytes:
        """State to bytes."""
        return agreement.encode(state)

    async def prepare(self, until: int) -> None:
        """Nothing besides the inbox matters."""

    def decide(self, txn: Transaction[AgreementState], record: Record, at: int) -> None:
        """Answer one command; what is no command becomes a dead letter."""
        try:
            envelope = self._codec.decode(record.value, record.headers)
        except Undecodable as exc:
            txn.dead_letter(record, AGREEMENT_INBOX, exc.reason, str(exc), exc.field)
            return
        command = envelope.data
        if not isinstance(command, PublishAgreement):
            detail = f"{WIRE_TYPE[type(command)]} is no command about agreements (type)"
            txn.dead_letter(record, AGREEMENT_INBOX, "not_a_command", detail, "type")
            return
        state = txn.get(_STATE) or AgreementState()
        decision = agreement.decide(state, command, envelope.id, at, envelope.subject)
        if decision.fact is not None:
            self._send(txn, AGREEMENTS, envelope, decision.fact, fact_id=decision.fact_id, at=at)
            agreement.evolve(state, decision.fact)
        agreement.evolve(state, decision.answer)
        self._send(
            txn, ANSWERS, envelope, decision.answer, fact_id=derived_id(envelope.subject, envelope.id, "answer"), at=at
        )
        txn.put(_STATE, state, None)

    def wake(self, txn: Transaction[AgreementState], key: bytes, due: int) -> None:
        """Agreements have no deadlines."""

    def milestone(self, since: int) -> int | None:
        """Nothing happens by itself."""
        del since
        return None

    def sweep(self, txn: Transaction[AgreementState], key: bytes, at: int) -> None:
        """Nothing happens by itself."""

    def finish(self, txn: Transaction[AgreementState]) -> None:
        """Nothing is left to write."""

    def _send(
        self, txn: Transaction[AgreementState], topic: str, cause: Envelope, fact: Fact, *, fact_id: str, at: int
    ) -> None:
        envelope = wrap(
            fact,
            id=fact_id,
            source=OWN_SOURCE,
            subject=cause.subject,
            time=from_us(at),
            recordedat=from_us(at),
            causationid=cause.id,
        )
        key = cause.subject if topic == AGREEMENTS else cause.id
        headers = ((TIME_HEADER, b"%d" % at), (TASK_HEADER, b"agreements"))
        txn.send(topic, key.encode(), self._codec.encode(envelope), headers)
