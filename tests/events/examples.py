"""One example of every fact with every field set, none to its default: the laws are tried on each field of each."""

from datetime import UTC, datetime

from events.envelope import Envelope
from events.fact import Fact
from events.registry import WIRE_TYPE, wrap
from tests.events.example_clocks import CLOCKS
from tests.events.example_deals import DEALS
from tests.events.example_leads import LEADS
from tests.events.example_others import OTHERS
from tests.events.moments import AT

_SUBJECTS = {
    **dict.fromkeys(("lead", "sla", "nurture", "task"), "lead-4711"),
    "account": "account-77",
    **dict.fromkeys(("opportunity", "hygiene"), "deal-9"),
    **dict.fromkeys(("pool", "member"), "emea-2026/bucharest"),
}


def _wrapped(fact: Fact) -> Envelope:
    name = WIRE_TYPE[type(fact)]
    return wrap(
        fact,
        id=f"example-{name}",
        source="/forms/contact",
        subject=_SUBJECTS.get(name.partition(".")[0], "emea-2026"),
        time=AT,
        recordedat=datetime(2026, 3, 2, 9, 30, 2, tzinfo=UTC),
        sequence="0000000007",
        causationid="evt-0042",
        late=True,
    )


EXAMPLES: dict[str, Envelope] = {WIRE_TYPE[type(fact)]: _wrapped(fact) for fact in (*LEADS, *CLOCKS, *OTHERS, *DEALS)}
"""Wire type -> its example."""
