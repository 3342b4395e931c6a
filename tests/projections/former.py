"""A former version of the program: `leads` without its last column and with other sources, `funnel` that counts twice,
`timeline` with another kind of source, and no `stage-entries` yet.
"""

from dataclasses import replace
from typing import Any

from engine.drain import drain
from engine.ports import EventLog
from projections.catalogue import OF_LEADS, PROJECTIONS
from projections.projection import Projection
from projections.stores.answers import ANSWERS, Answer
from projections.stores.layout import Layout
from projections.views.funnel import FUNNEL
from projections.views.leads import LEADS
from projections.views.stage_entries import STAGE_ENTRIES
from projections.views.timeline import TIMELINE
from projections.views.view import Cells, Column, View
from projections.worker import view_programs
from tests.projections.house import NOW

SOURCE = [column.name for column in LEADS.columns].index("source")
TOLD_BY = [column.name for column in TIMELINE.columns].index("source")
NEW_COLUMN = LEADS.columns[-1]
CHANGED = {"leads", "funnel", "timeline", "stage-entries"}


def of_former(source: object) -> str:
    """A source as the former version shows it."""
    return f"former {source}"


def _render(lead: str, identity: Cells, row: Any) -> Cells:
    cells = LEADS.render(lead, identity, row)
    return (*cells[:SOURCE], of_former(cells[SOURCE]), *cells[SOURCE + 1 : -1])


def _write(lead: str, envelope: Any) -> Cells:
    cells = TIMELINE.write(lead, envelope)
    return (*cells[:TOLD_BY], of_former(cells[TOLD_BY]), *cells[TOLD_BY + 1 :])


def _less(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return tuple(column for column in columns if column != NEW_COLUMN)


_FORMER: dict[str, View[Any]] = {
    "leads": replace(
        LEADS, version=LEADS.version - 1, columns=_less(LEADS.columns), answer=_less(LEADS.answer), render=_render
    ),
    "funnel": replace(
        FUNNEL,
        version=FUNNEL.version - 1,
        contributions=lambda row: {group: (2 * n,) for group, (n,) in FUNNEL.contributions(row).items()},
    ),
    "timeline": replace(TIMELINE, version=TIMELINE.version - 1, write=_write),
}
FORMER_LEADS: Projection = replace(
    OF_LEADS, views=tuple(_FORMER.get(view.name, view) for view in OF_LEADS.views if view is not STAGE_ENTRIES)
)
FORMER = tuple(FORMER_LEADS if projection is OF_LEADS else projection for projection in PROJECTIONS)
"""Its projections."""


def _answer(answer: Answer) -> Answer:
    if answer.name != "leads":
        return answer
    columns = ", ".join(f'b."{column.name}"' for column in _FORMER["leads"].answer)
    return Answer("leads", f"SELECT {columns}, c.complete_to FROM leads_base b CROSS JOIN completeness c")


FORMER_LAYOUT = Layout(FORMER, tuple(_answer(answer) for answer in ANSWERS if answer.name != STAGE_ENTRIES.table))


async def project_as_former(log: EventLog, partitions: int, limit: int = 5000, until: int = NOW) -> None:
    """The former version reads all there is."""
    for program in view_programs(log, partitions, projections=FORMER):
        await drain(log, program, until=until, limit=limit)
