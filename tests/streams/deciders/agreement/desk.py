"""A desk that decides commands about agreements, one after the other, and remembers what became of them."""

from typing import Any

from events.agreement import (
    AgreementCommand,
    AgreementFact,
    AgreementProposed,
    AgreementRetired,
    AgreementSigned,
    CommandAnswered,
    ProposeAgreement,
    PublishAgreement,
    SignAgreement,
)
from events.instants import DAY, SECOND, iso
from streams.deciders.agreement.decide import Decision, decide
from streams.deciders.agreement.state import AgreementState, Proposal, decode, encode, evolve, proposal_after

NOW = 20_000 * DAY
SOON = NOW + 60 * SECOND
MARKETING = {"side": "marketing", "by": "head of marketing", "at": "2024-09-01"}
SALES = {"side": "sales", "by": "head of sales", "at": "2024-09-02"}
BOTH = [MARKETING, SALES]


def document(version: int = 1, since: int = SOON, signed: Any = (), **parts: Any) -> dict[str, Any]:
    """The agreement `a` as people write it."""
    return {"agreement": "a", "version": version, "effective_from": iso(since), "signed": list(signed)} | parts


def publish(version: int = 1, *, since: int = SOON, signed: Any = BOTH, **rest: Any) -> PublishAgreement:
    """The command to publish a document."""
    written = document(version, since, signed, **rest.pop("parts", {}))
    return PublishAgreement(document=written, **rest)


def propose(version: int = 1, *, since: int = SOON, signed: Any = (), before: bool = False, **parts: Any) -> Any:
    """The command to propose a document."""
    return ProposeAgreement(document=document(version, since, signed, **parts), before_first_lead=before)


def sign(side: Any = "sales", by: str = "head of sales", version: int = 1, **rest: Any) -> SignAgreement:
    """The command to sign a version."""
    return SignAgreement(version=version, side=side, by=by, **rest)


class Desk:
    """Whatever was remembered has been through bytes."""

    def __init__(self) -> None:
        self.raw = encode(AgreementState())
        self.proposals: dict[tuple[str, int], bytes] = {}
        self.facts: list[AgreementFact] = []
        self.sent = 0

    def state(self) -> AgreementState:
        found = decode(self.raw)
        assert isinstance(found, AgreementState)
        return found

    def proposed(self, name: str, version: int) -> Proposal | None:
        raw = self.proposals.get((name, version))
        found = None if raw is None else decode(raw)
        assert not isinstance(found, AgreementState)
        return found

    def decide(self, command: AgreementCommand, *, id: str = "", at: int = NOW, subject: str = "a") -> Decision:  # noqa: A002
        """Decide and remember nothing."""
        self.sent += not id
        return decide(self.state(), self.proposed, command, at, command_id=id or f"c{self.sent}", subject=subject)

    def tell(self, command: AgreementCommand, **how: Any) -> CommandAnswered:
        """Decide, and remember it."""
        decision, state = self.decide(command, **how), self.state()
        for made in decision.made:
            self.facts.append(made.fact)
            self._remember(state, made.fact, made.id)
        evolve(state, decision.answer)
        self.raw = encode(state)
        return decision.answer

    def _remember(self, state: AgreementState, fact: AgreementFact, fact_id: str) -> None:
        if not isinstance(fact, AgreementProposed | AgreementSigned):
            evolve(state, fact)
        if isinstance(fact, AgreementRetired):
            return
        after = proposal_after(self.proposed(fact.name, fact.version), fact, fact_id)
        if after is None:
            self.proposals.pop((fact.name, fact.version), None)
        else:
            self.proposals[fact.name, fact.version] = encode(after)

    def refusal(self, command: AgreementCommand, **how: Any) -> tuple[str | None, tuple[str, ...]]:
        """Why a command is refused."""
        decision = self.decide(command, **how)
        assert not decision.answer.accepted
        assert decision.made == ()
        return decision.answer.reason, decision.answer.missing
