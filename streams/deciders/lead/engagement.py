"""The lead's score: told when what is shown changes by a touch, a profile, a new agreement version or decay."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, cast

from events.envelope import Envelope
from events.instants import iso
from events.lead import LeadCaptured, LeadScored, LeadTouched
from streams.agreement.compiled import Agreement
from streams.deciders.lead.given import Given, Kept, Live, Told
from streams.scoring import Fit, Hit, Score, Scorer, Threshold

Cause = Literal["captured", "touch", "profile", "decay", "agreement"]


def on_known(live: Live, envelope: Envelope, _at: int, given: Given) -> Sequence[Told]:
    """More is known about who they are."""
    agreement = given.agreement(live)
    if agreement is None or agreement.scorer is None:
        return ()
    kept = in_step(live, agreement, agreement.scorer)
    kept.fit, kept.crossing_known, kept.shown = agreement.scorer.fit(live.lead.profile), False, None
    cause: Cause = "captured" if isinstance(envelope.data, LeadCaptured) else "profile"
    return _told(live, agreement, given, cause, live.lead.latest_at)


def on_inbound(live: Live, envelope: Envelope, at: int, given: Given) -> Sequence[Told]:
    """They did something."""
    touch = cast("LeadTouched", envelope.data)
    agreement = given.agreement(live)
    if agreement is None or agreement.scorer is None:
        return ()
    kept = live.kept
    if kept.version == (agreement.name, agreement.version):
        own = agreement.scorer.add(kept.hits, touch, at, envelope.id, kept.tally)
    else:
        own = tuple(hit for hit in in_step(live, agreement, agreement.scorer).hits if hit.touch == envelope.id)
    if not own:
        return ()
    kept.shown = None
    if kept.crossing_known:
        kept.crossing_known = at >= given.latest and _still_in_band(live, agreement, agreement.scorer, given.at)
    return _told(live, agreement, given, "touch", live.lead.latest_at, hit=own[0])


def on_deadline(live: Live, due: int, given: Given) -> Sequence[Told]:
    """Decay alone carried the score across a threshold."""
    agreement = given.agreement(live)
    if agreement is None or not agreement.scorer:
        return ()
    kept = live.kept
    if kept.crossing_known and (kept.crossing is None or kept.crossing > due):
        return ()  # woken for something else
    kept.crossing_known = False  # what was kept may have been a lower bound
    if next_crossing(live, agreement, due) != due:
        return ()
    live.kept.crossing_known = False
    return _told(live, agreement, given, "decay", due)


def on_version(live: Live, at: int, given: Given) -> Sequence[Told]:
    """A version of the agreement takes effect at `at`: the score moves to it."""
    agreement = given.agreement(live)
    if agreement is not None and agreement.scorer is not None and live.lead.captured_at is not None:
        return _told(live, agreement, given, "agreement", at)
    return ()


def in_step(live: Live, agreement: Agreement, scorer: Scorer) -> Kept:
    """What is kept beside the lead, made anew when it belongs to another version or was thrown away."""
    kept, lead = live.kept, live.lead
    if kept.version != (agreement.name, agreement.version):
        kept.version = (agreement.name, agreement.version)
        kept.hits = scorer.hits_of((touch, touch.at, touch.id) for touch in lead.touches)
        kept.tally.forget()
        kept.fit, kept.crossing_known, kept.shown = scorer.fit(lead.profile), False, None
    return kept


def score_now(live: Live, agreement: Agreement, at: int) -> Score | None:
    """The score at an instant; None where the agreement has no scoring."""
    if agreement.scorer is None:
        return None
    kept = in_step(live, agreement, agreement.scorer)
    if kept.shown is None or kept.shown_at != at:
        kept.shown, kept.shown_at = agreement.scorer.score(kept.fit, kept.hits, at, kept.tally), at
    return kept.shown


def next_crossing(live: Live, agreement: Agreement | None, at: int) -> int | None:
    """An instant, `at` or later, before which decay alone changes neither grade nor qualification; None for never.

    A crossing at `at` itself counts as long as it was not told. The instant is a lower bound where the exact one is
    far away, or touches came in that can only put it off: finding it is by far the dearest question, and a lead that
    is woken too early is only asked again.
    """
    if agreement is None or agreement.scorer is None or live.lead.score is None:
        return None
    kept = in_step(live, agreement, agreement.scorer)
    if not kept.crossing_known or (kept.crossing is not None and kept.crossing < at):
        _find_crossing(live, agreement, agreement.scorer, at)
    return kept.crossing


def _find_crossing(live: Live, agreement: Agreement, scorer: Scorer, at: int) -> None:
    kept, thresholds = live.kept, _thresholds(agreement)
    score, told = score_now(live, agreement, at), live.lead.score
    assert score is not None
    assert told is not None
    kept.crossing_known = True
    band = kept.band = scorer.band(kept.fit, score.engagement, thresholds)
    if band is None:
        kept.crossing = scorer.next_crossing(kept.fit, kept.hits, at - 1, thresholds)
        if kept.crossing == at and _is_told(live, score):
            kept.crossing = scorer.next_crossing(kept.fit, kept.hits, at, thresholds)
    elif band == scorer.band(kept.fit, told[2], thresholds) or _is_told(live, score):
        kept.crossing = scorer.holds_until(kept.fit, kept.hits, at, band, thresholds=thresholds, tally=kept.tally)
    else:
        kept.crossing = at


def _thresholds(agreement: Agreement) -> tuple[Threshold, ...]:
    return agreement.qualification.thresholds if agreement.qualification else ()


def _still_in_band(live: Live, agreement: Agreement, scorer: Scorer, at: int) -> bool:
    """Whether the lead stayed in its band, so that the crossing found before still is a lower bound."""
    score = score_now(live, agreement, at)
    band = live.kept.band
    return (
        score is not None
        and band is not None
        and band == scorer.band(live.kept.fit, score.engagement, _thresholds(agreement))
    )


def signals(live: Live, agreement: Agreement) -> tuple[str, ...]:
    """The buying signals seen so far, in words."""
    if agreement.scorer is None:
        return ()
    return agreement.scorer.signals(in_step(live, agreement, agreement.scorer).hits)


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
    if live.kept.version == (agreement, version):
        return Basis(found, live.kept.fit, tuple(live.kept.hits), given.at)
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


def _is_told(live: Live, score: Score | None) -> bool:
    """Whether a score is what was told last."""
    lead = live.lead
    return score is None or (lead.score == score[:3] and lead.grade == score.grade)


def _told(
    live: Live, agreement: Agreement, given: Given, cause: Cause, at: int, *, hit: Hit | None = None
) -> Sequence[Told]:
    """The score, if what is shown differs from what was told last."""
    lead = live.lead
    score = score_now(live, agreement, given.at)
    if score is None or lead.captured_at is None:
        return ()
    if _is_told(live, score):
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
