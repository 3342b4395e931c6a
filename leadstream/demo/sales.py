"""What simulated reps do about a lead that they heard of: call, take it or not, win it, lose it, give it back."""

from events.commands import AcceptLead, ConvertLead, RecycleLead, RejectLead
from events.fact import Scalar
from events.instants import HOUR, MINUTE, SECOND, from_us
from events.lead import LeadConverted, LeadProfileUpdated, LeadStatusChanged, LeadTouched
from events.work import TaskCreated, TaskDone
from leadstream.demo.journey import Journey, skewed
from leadstream.demo.people import Rep, pick_rep

_REASONS = ("no_need", "no_authority", "no_budget")
_WORDS = ("sounds like somebody who wrote examples", "only wanted a placeholder", "asks again next sprint")


def sell(journey: Journey, known: dict[str, Scalar], heard: int) -> None:
    """All that sales does about a lead, and what comes of it.

    Args:
        journey: the lead's.
        known: its profile.
        heard: when sales hears of it, microseconds.
    """
    rep = pick_rep(journey.rng, known)
    if journey.chance(5):  # an old acquaintance: nobody calls, the lead is closed
        by, at = journey.free(rep, journey.tempo.working(heard, journey.between(3 * MINUTE, 20 * MINUTE)))
        journey.tell(at, LeadStatusChanged(status="Unqualified", reason="no_need", by=by))
        return
    called, logged = _first_call(journey, rep, heard)
    if journey.chance(30):  # nobody answered, tried again
        called, logged = _call(journey, rep, journey.tempo.working(called, journey.between(20 * MINUTE, 90 * MINUTE)))
    if journey.chance(4):
        return
    at = max(logged, journey.tempo.later(called, journey.between(MINUTE, 10 * MINUTE)))
    by, at = journey.free(rep, at + SECOND)
    if journey.chance(75):
        journey.tell(at, AcceptLead(by=by))
    told = journey.tell(at, LeadStatusChanged(status="Contacted", by=by), at + 3 * SECOND)
    if journey.chance(20):
        _task(journey, rep, by, told)
    _outcome(journey, rep, told)


def _first_call(journey: Journey, rep: Rep, heard: int) -> tuple[int, int]:
    """When the first call was made and when it was written down."""
    wait = skewed(journey.rng, rep.typical)
    if journey.chance(rep.forgets):
        wait += journey.between(6 * HOUR, 12 * HOUR)
    late = journey.chance(rep.logs_late)
    return _call(journey, rep, journey.tempo.working(heard, wait), late=late)


def _call(journey: Journey, rep: Rep, at: int, *, late: bool = False) -> tuple[int, int]:
    """Somebody of sales reaches out; when, and when it is written down."""
    channel, kind = journey.rng.choices((("call", "dialled"), ("email", "sent"), ("meeting", "held")), (75, 20, 5))[0]
    by, at = journey.free(rep, at)
    written = journey.tempo.later(at, journey.between(35 * MINUTE, 100 * MINUTE)) if late else None
    return at, journey.tell(at, LeadTouched(channel=channel, kind=kind, direction="outbound", by=by), written)


def _task(journey: Journey, rep: Rep, by: str, at: int) -> None:
    """Something to do; half of it is done before one is reminded of it."""
    name = f"{journey.lead}-offer"
    remind = journey.tempo.working(at, journey.between(HOUR, 5 * HOUR))
    due = journey.tempo.later(remind, HOUR)
    asked = TaskCreated(task=name, title="send the sample offer", owner=by, due=from_us(due), remind_at=from_us(remind))
    told = journey.tell(at, asked)
    done = journey.tempo.later(remind, journey.between(0, HOUR)) if journey.chance(50) else (told + remind) // 2
    by, done = journey.free(rep, max(told, done))
    journey.tell(done, TaskDone(task=name, by=by))


def _outcome(journey: Journey, rep: Rep, after: int) -> None:
    """Hours of work later the lead is won, lost, given back, kept warm, or still talked with."""
    by, at = journey.free(rep, journey.tempo.working(after, journey.between(2 * HOUR, 14 * HOUR)))
    luck = journey.rng.randrange(100)
    if luck < 30:
        journey.tell(at, LeadStatusChanged(status="Qualified", by=by))
        _won(journey, rep, journey.tempo.working(at, journey.between(HOUR, 8 * HOUR)))
    elif luck < 54:
        _lost(journey, rep, by, at)
    elif luck < 64:
        journey.tell(at, RecycleLead(by=by, reason="asks again when the samples are in"))
        if journey.chance(60):
            back = journey.tempo.later(at, journey.between(3 * HOUR, 16 * HOUR))
            _again(journey, rep, journey.inbound(back, "website", "visited", "blog"))
    elif luck < 80:
        journey.tell(at, LeadStatusChanged(status="Nurturing", by=by))
        later = journey.tempo.later(at, journey.between(10 * MINUTE, 3 * HOUR))
        journey.inbound(later, "email", "opened", "sim-newsletter")


def _lost(journey: Journey, rep: Rep, by: str, at: int) -> None:
    """Not now; for some of them what was missing changes."""
    reason = journey.rng.choice(_REASONS)
    if journey.chance(50):
        journey.tell(at, RejectLead(by=by, reason=reason, feedback=journey.rng.choice(_WORDS)))
    else:
        journey.tell(at, LeadStatusChanged(status="Unqualified", reason=reason, by=by))
    if not journey.chance(45):
        return
    changed = journey.tempo.later(at, journey.between(3 * HOUR, 16 * HOUR))
    if reason == "no_budget":
        budget = LeadProfileUpdated(profile={"answers.budget": 25_000}, provider="simulated form")
        back = journey.tell(changed, budget)
    else:
        back = journey.inbound(changed, "webinar", "attended", "sim-webinar-again")
    _again(journey, rep, back)


def _again(journey: Journey, rep: Rep, heard: int) -> None:
    """The second time."""
    _, logged = _first_call(journey, rep, heard)
    by, at = journey.free(rep, journey.tempo.later(logged, journey.between(MINUTE, 10 * MINUTE)))
    if journey.chance(75):
        journey.tell(at, AcceptLead(by=by))
    if journey.chance(60):
        _won(journey, rep, journey.tempo.working(at, journey.between(HOUR, 6 * HOUR)))


def _won(journey: Journey, rep: Rep, at: int) -> None:
    """Half of what is won is converted here, by command; the rest by another system, which tells so."""
    by, at = journey.free(rep, at)
    amount = journey.rng.randrange(40, 900) * 100_00
    if journey.chance(50):
        journey.tell(at, ConvertLead(by=by, amount_minor=amount, currency="EUR"))
        return
    number = journey.lead.removeprefix("sim-")
    fact = LeadConverted(
        account=f"sim-account-{number}",
        contact=f"sim-contact-{number}",
        opportunity=f"sim-opportunity-{number}",
        amount_minor=amount,
        currency="EUR",
        by=by,
    )
    journey.tell(at, fact)
