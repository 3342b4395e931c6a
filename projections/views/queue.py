"""What is made of the rows of `leads`: the queue of who has to be dealt with, and who is forgotten."""

from projections.views.leads import COLUMNS
from projections.views.view import Derived

_BY_NAME = {column.name: column for column in COLUMNS}
_OPEN = "b.is_test = 0 AND b.phase IN ('captured', 'qualified', 'handed_over')"


def _of_leads(names: tuple[str, ...], condition: str) -> str:
    columns = ", ".join(f'b."{name}"' for name in names)
    return f"SELECT {columns}, c.complete_to FROM leads_base b CROSS JOIN completeness c WHERE {condition}"  # noqa: S608 - our identifiers


_QUEUE = ("next_due", "lead", "company", "grade", "score", "owner", "phase", "status", "next_clause", "why_passed",
          "source", "agreement", "qualified_at", "handed_over_at", "last_touch_at", "scored_at")  # fmt: skip
QUEUE = Derived(
    name="queue",
    meaning="Leads that were passed to sales and wait for somebody, what is due first at the top, with the reasons.",
    answer=tuple(_BY_NAME[name] for name in _QUEUE),
    order=("next_due", "lead"),
    query=_of_leads(_QUEUE, "b.is_test = 0 AND b.phase IN ('qualified', 'handed_over')"),
)

_UNOWNED = ("lead", "company", "phase", "grade", "score", "next_due", "next_clause", "source", "qualified_at",
            "handed_over_at", "last_touch_at")  # fmt: skip
UNOWNED = Derived(
    name="unowned",
    meaning="Leads that are qualified or handed over, and belong to nobody.",
    answer=tuple(_BY_NAME[name] for name in _UNOWNED),
    order=("next_due", "lead"),
    query=_of_leads(_UNOWNED, "b.is_test = 0 AND b.phase IN ('qualified', 'handed_over') AND b.owner IS NULL"),
)

_STAGNANT = ("last_touch_at", "lead", "company", "phase", "status", "owner", "grade", "score", "source", "captured_at",
             "updated_at")  # fmt: skip
STAGNANT = Derived(
    name="stagnant",
    meaning="Open leads, those that were left alone the longest at the top.",
    answer=tuple(_BY_NAME[name] for name in _STAGNANT),
    order=("last_touch_at", "lead"),
    query=_of_leads(_STAGNANT, _OPEN),
)
