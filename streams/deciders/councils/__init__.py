"""What is decided about councils and plans: targets, the matrix of each week, what is said and done about its cells."""

from events.registry import ABOUT_COUNCILS, COUNCIL_COMMANDS
from streams.deciders.councils.answer import answer
from streams.deciders.councils.evolve import evolve
from streams.deciders.councils.state import Council
from streams.deciders.councils.targets import settle
from streams.deciders.subject import Kind

__all__ = ["COUNCIL", "Council"]

COUNCIL = Kind(
    state=Council,
    outside=ABOUT_COUNCILS,
    tasks=frozenset(),
    settle=settle,
    evolve=evolve,
    react=lambda _state, _envelope, _at, _around: (),
    commands=COUNCIL_COMMANDS,
    answer=answer,
)
