"""The agreement task: takes commands from `agreement-inbox`, tells what became of versions, answers."""

from functools import partial

from engine.ports import Record
from engine.transaction import Transaction
from events.agreement import AgreementCommand, AgreementProposed, AgreementRetired, AgreementSigned
from events.codec import Codec, Undecodable
from events.registry import WIRE_TYPE
from events.topics import AGREEMENT_INBOX, AGREEMENTS
from streams.agents.telling import Teller
from streams.deciders.agreement.decide import Made, decide
from streams.deciders.agreement.state import AgreementState, Proposal, decode, encode, evolve, proposal_after

_STATE = b"agreements"
_Kept = AgreementState | Proposal
"""What is kept: one state of all agreements, and each proposal under a key of its own, since it holds a document."""


class AgreementProcessor:
    """The program of the one task that decides about agreements.

    Args:
        codec: bytes to commands and facts to bytes.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec, self._teller = codec, Teller(codec, "agreements", AGREEMENTS)

    def load(self, raw: bytes) -> _Kept:
        """State from its bytes."""
        return decode(raw)

    def dump(self, state: _Kept) -> bytes:
        """State to bytes."""
        return encode(state)

    async def prepare(self, until: int) -> None:
        """Nothing besides the inbox matters."""

    def decide(self, txn: Transaction[_Kept], record: Record, at: int) -> None:
        """Answer one command; what is no command becomes a dead letter."""
        try:
            envelope = self._codec.decode(record.value, record.headers)
        except Undecodable as exc:
            txn.dead_letter(record, AGREEMENT_INBOX, exc.reason, str(exc), exc.field)
            return
        command = envelope.data
        if not isinstance(command, AgreementCommand):
            detail = f"{WIRE_TYPE[type(command)]} is no command about agreements (type)"
            txn.dead_letter(record, AGREEMENT_INBOX, "not_a_command", detail, "type")
            return
        state = txn.get(_STATE) or AgreementState()
        assert isinstance(state, AgreementState)
        decision = decide(state, partial(_proposed, txn), command, at, command_id=envelope.id, subject=envelope.subject)
        for made in decision.made:
            self._teller.follow(txn, made.fact, made.id, envelope, at)
            _evolve(txn, state, made)
        evolve(state, decision.answer)
        self._teller.answer(txn, envelope, decision.answer, at)
        txn.put(_STATE, state, None)

    def wake(self, txn: Transaction[_Kept], key: bytes, due: int) -> None:
        """Agreements have no deadlines."""

    def milestone(self, since: int) -> int | None:
        """Nothing happens by itself."""
        del since
        return None

    def sweep(self, txn: Transaction[_Kept], key: bytes, at: int) -> None:
        """Nothing happens by itself."""

    def finish(self, txn: Transaction[_Kept]) -> None:
        """Nothing is left to write."""


def _key(name: str, version: int) -> bytes:
    return f"proposal\x1f{name}\x1f{version}".encode()


def _proposed(txn: Transaction[_Kept], name: str, version: int) -> Proposal | None:
    found = txn.get(_key(name, version))
    assert not isinstance(found, AgreementState)
    return found


def _evolve(txn: Transaction[_Kept], state: AgreementState, made: Made) -> None:
    fact = made.fact
    if not isinstance(fact, AgreementProposed | AgreementSigned):
        evolve(state, fact)
    if isinstance(fact, AgreementRetired):
        return
    key, before = _key(fact.name, fact.version), _proposed(txn, fact.name, fact.version)
    after = proposal_after(before, fact, made.id)
    if after is not None:
        txn.put(key, after, None)
    elif before is not None:
        txn.delete(key)
