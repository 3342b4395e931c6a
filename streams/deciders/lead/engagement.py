"""The lead's score: told when what is shown changes by a touch, a profile, a new agreement version or decay."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, cast

from events.envelope import Envelope
from events.identity import LeadHistoryShared
from events.instants import iso
from events.lead import LeadCaptured, LeadScored, LeadTouched
from streams.agreement.compiled import Agreement
from streams.deciders.lead.entries import Touch
from streams.deciders.lead.given import Given, Live, Told
from streams.scoring import Fit, Hit, Score, Scorer, Standing

Cause = Literal["captured", "touch", "profile", "decay", "agreement", "merge"]


def on_known(live: Live, envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """More is known about who they are."""
    agreement = given.agreement(live)
    if agreement is None or agreement.scorer is None:
        return ()
    standing_of(live, agreement, agreement.scorer).learn(live.lead.profile)
    cause: Cause = "captured" if isinstance(envelope.data, LeadCaptured) else "profile"
    return _told(live, agreement, given, cause, live.lead.latest_at)


def on_history(live: Live, envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """Another history counts, or counts no longer: what was kept of touches and profile holds no more.

    Where only new touches came, the standing takes them in: a merged lead that is touched again and again tells each
    of them, and all hits would be looked for each time.
    """
    fact, kept = envelope.data, live.kept
    kept.suited = None
    standing = kept.standing
    if standing is None:
        return ()
    kept.standing = None
    if isinstance(fact, LeadHistoryShared) and fact.touches and not (fact.begins or fact.profiles or fact.withdrawals):
        new = _new_among(live, standing, [touch.id for touch in fact.touches])
        if new is not None:
            for touch in new:
                in_order = touch == live.lead.touches[-1]
                standing.touched(touch, touch.at, touch.id, in_order=in_order, now=given.at)
            kept.standing = standing
    return ()


def on_joined(live: Live, _envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """The history of another lead counts for this one, or counts no longer."""
    agreement = given.agreement(live)
    return () if agreement is None else _told(live, agreement, given, "merge", live.lead.last_at)


def on_inbound(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """They did something."""
    agreement = given.agreement(live)
    if agreement is None or agreement.scorer is None:
        return ()
    standing, person = live.kept.standing, live.lead.person
    if standing is not None and person is not None and person.own is not None:
        standing = live.kept.standing = standing if _new_among(live, standing, [envelope.id]) else None
    if standing is not None and standing.scorer is agreement.scorer:
        touch = cast("LeadTouched", envelope.data)
        own = standing.touched(touch, at, envelope.id, in_order=at >= given.latest, now=given.at)
    else:
        own = standing_of(live, agreement, agreement.scorer).own(at, envelope.id)
    if own is None:
        return ()
    return _told(live, agreement, given, "touch", live.lead.latest_at, hit=own)


def on_deadline(live: Live, due: int, given: Given) -> Sequence[Told]:
    """Decay alone carried the score across a threshold."""
    agreement, lead = given.agreement(live), live.lead
    if agreement is None or agreement.scorer is None or lead.score is None:
        return ()
    if not standing_of(live, agreement, agreement.scorer).crosses(due, lead.score, lead.grade):
        return ()
    return _told(live, agreement, given, "decay", due)


def on_version(live: Live, at: int, given: Given) -> Sequence[Told]:
    """A version of the agreement takes effect at `at`: the score moves to it."""
    agreement = given.agreement(live)
    if agreement is not None and agreement.scorer is not None and live.lead.captured_at is not None:
        return _told(live, agreement, given, "agreement", at)
    return ()


def on_handed_over(live: Live, _envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """It may have been handed over under another agreement, which scores it by other rules from now on."""
    agreement = given.agreement(live)
    if agreement is None or agreement.name == given.before:
        return ()
    return _told(live, agreement, given, "agreement", at)


def standing_of(live: Live, agreement: Agreement, scorer: Scorer) -> Standing:
    """What the lead's score rests on, made anew when it belongs to another version or was thrown away."""
    standing = live.kept.standing
    if standing is None or standing.scorer is not scorer:
        lead = live.lead
        hits = scorer.hits_of((touch, touch.at, touch.id) for touch in lead.touches)
        thresholds = agreement.qualification.thresholds if agreement.qualification else ()
        standing = live.kept.standing = Standing(scorer, thresholds, scorer.fit(lead.profile), hits)
    return standing


def score_now(live: Live, agreement: Agreement, at: int) -> Score | None:
    """The score at an instant; None where the agreement has no scoring."""
    scorer = agreement.scorer
    return None if scorer is None else standing_of(live, agreement, scorer).score(at)


def next_crossing(live: Live, agreement: Agreement | None, at: int) -> int | None:
    """An instant, `at` or later, before which decay alone has nothing to say; see `Standing.crossing`."""
    lead = live.lead
    if agreement is None or agreement.scorer is None or lead.score is None:
        return None
    return standing_of(live, agreement, agreement.scorer).crossing(at, lead.score, lead.grade)


def latest_crossing(live: Live, agreement: Agreement | None, at: int) -> int | None:
    """The exact instant of which `next_crossing` gives a lower bound."""
    lead = live.lead
    if agreement is None or agreement.scorer is None or lead.score is None:
        return None
    return standing_of(live, agreement, agreement.scorer).exact_crossing(at, lead.score, lead.grade)


def signals(live: Live, agreement: Agreement) -> tuple[str, ...]:
    """The buying signals seen so far, in words."""
    if agreement.scorer is None:
        return ()
    return agreement.scorer.signals(standing_of(live, agreement, agreement.scorer).hits)


def _new_among(live: Live, standing: Standing, ids: Sequence[str]) -> Sequence[Touch] | None:
    """The touches of these ids as they count; None where another lead had one of them, or one came twice."""
    wanted = set(ids)
    found = [touch for touch in live.lead.touches if touch.id in wanted]
    known = len(found) != len(ids) or any(hit.touch in wanted for hit in standing.hits)
    return None if known else found


class Basis(NamedTuple):
    """What a score rests on at an instant, kept until it is explained.

    Attributes:
        agreement: the version used.
        fit: who they are.
        hits: what they did.
        at: the instant, microseconds.
    """

    agreement: Agreement
    fit: Fit
    hits: tuple[Hit, ...]
    at: int


def basis(live: Live, agreement: str, version: int, given: Given) -> Basis:
    """What the lead's score by a version rests on at its time.

    Raises:
        LookupError: that version was never published, or does not score.
    """
    found = given.known.version(agreement, version)
    if found is None or found.scorer is None:
        raise LookupError(f"{agreement} version {version} scores nobody")
    standing = live.kept.standing
    if standing is not None and standing.scorer is found.scorer:
        return Basis(found, standing.fit, tuple(standing.hits), given.at)
    hits = found.scorer.hits_of((touch, touch.at, touch.id) for touch in live.lead.touches)
    return Basis(found, found.scorer.fit(live.lead.profile), tuple(hits), given.at)


def explain(on: Basis, *, by_rule: bool = False) -> dict[str, Any]:
    """The score with all its reasons; the points of the reasons sum to the score exactly.

    Args:
        on: what the score rests on.
        by_rule: one line a rule instead of one a touch, for leads with thousands of touches.
    """
    scorer = on.agreement.scorer
    assert scorer is not None
    score, found = scorer.explained(on.fit, on.hits, on.at)
    reasons: list[dict[str, Any]] = [
        {"rule": reason.rule, "touch": reason.touch, "points": reason.points} for reason in found
    ]
    return {
        "score": score.score,
        "fit": score.fit,
        "engagement": score.engagement,
        "grade": score.grade,
        "agreement": on.agreement.name,
        "version": on.agreement.version,
        "scored_at": iso(on.at),
        "reasons": _by_rule(reasons) if by_rule else reasons,
    }


def _by_rule(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    points: dict[str, int] = {}
    for reason in reasons:
        points[reason["rule"]] = points.get(reason["rule"], 0) + reason["points"]
    return [{"rule": rule, "touch": None, "points": total} for rule, total in points.items()]


def _told(
    live: Live, agreement: Agreement, given: Given, cause: Cause, at: int, *, hit: Hit | None = None
) -> Sequence[Told]:
    """The score, if what is shown differs from what was told last."""
    lead, scorer = live.lead, agreement.scorer
    if scorer is None or lead.captured_at is None:
        return ()
    score = standing_of(live, agreement, scorer).score(given.at)
    if lead.score == score[:3] and lead.grade == score.grade:
        return ()
    fact = LeadScored(
        score=score.score,
        fit=score.fit,
        engagement=score.engagement,
        grade=score.grade,
        agreement=agreement.name,
        version=agreement.version,
        cause=cause,
        rule=None if hit is None else hit.rule,
        touch=None if hit is None else hit.touch,
        points=None if hit is None else hit.points,
    )
    return (Told(fact, at),)
