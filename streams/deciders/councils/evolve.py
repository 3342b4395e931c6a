"""How each fact changes what is known of a council."""

from typing import assert_never, cast

from msgspec.structs import replace

from events.council import ActionDone, ActionPlanned, CellCommented, CouncilConvened, CouncilFact, cell_key
from events.council import wants_attention as is_watched
from events.envelope import Envelope
from events.ids import fingerprint
from events.instants import to_us
from events.opportunity import TargetSet
from events.sources import OWN_SOURCE
from streams.deciders.councils.state import KEPT_MEETINGS, Action, Council, Meeting
from streams.deciders.councils.targets import set_target
from streams.deciders.subject import REMEMBERED


def evolve(state: Council, envelope: Envelope, at: int) -> None:
    """Change the council by a fact that happened at an instant, in microseconds."""
    fact = cast("CouncilFact | TargetSet", envelope.data)
    if envelope.source == OWN_SOURCE:
        state.said.append(fingerprint(OWN_SOURCE, envelope.id))
        del state.said[:-REMEMBERED]
    match fact:
        case TargetSet():
            set_target(state, fact, at)
        case CouncilConvened():
            _convene(state, fact, envelope.id)
        case CellCommented():
            pass
        case ActionPlanned():
            state.actions[fact.action] = Action(at)
        case ActionDone():
            state.actions[fact.action] = replace(state.actions[fact.action], done_at=at)
        case _:
            assert_never(fact)


def _convene(state: Council, fact: CouncilConvened, fact_id: str) -> None:
    cells = tuple(cell_key(cell) for cell in fact.cells if is_watched(cell))
    state.meetings[fact.week] = Meeting(to_us(fact.known_at), fact.quarter, fact_id, cells)
    by_time = sorted(state.meetings, key=lambda week: state.meetings[week].known_at)
    for week in by_time[:-KEPT_MEETINGS]:
        state.meetings[week] = replace(state.meetings[week], cells=())
