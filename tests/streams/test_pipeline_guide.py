"""The examples of docs/pipeline.md, row by row."""

import json
import re
from datetime import datetime
from typing import Any

import msgspec
import pytest

from events.envelope import Envelope
from events.instants import to_us
from events.registry import CATALOGUE, WIRE_TYPE
from streams.agreement.known import Known
from streams.deciders.opportunities import OPPORTUNITY, Opportunity
from tests.support.given import MONDAY, published
from tests.support.process import REPOSITORY
from tests.support.subjects import Ledger

GUIDE = (REPOSITORY / "docs" / "pipeline.md").read_text(encoding="utf-8")
KNOWN = Known.of([published(re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)[0])])
HEADER = "| at (UTC) | what happens | told |\n"
ROW = re.compile(r"^\| (.*?) \| `(.*?)` \| (.*?) \|$", re.MULTILINE)
TABLES = [ROW.findall(text.partition("\n\n")[0]) for text in GUIDE.split(HEADER)[1:]]
MINUTE_US = 60_000_000


def step(ledger: Ledger[Opportunity], at: str, happens: str) -> str:
    """What was due by then, what followed from one step, or why it was refused."""
    ((name, data),) = json.loads(happens).items()
    fact: Any = msgspec.convert(data, CATALOGUE[f"{name}.v1"])
    minutes = (to_us(datetime.fromisoformat(f"{at}+00:00")) - MONDAY) / MINUTE_US
    before, refused = len(ledger.facts), len(ledger.refused)
    ledger.hears(fact, minutes, "/leadstream/anna" if name == "lead.converted" else "/crm")
    if len(ledger.refused) > refused:
        found = ledger.refused[-1]
        return f"refused: {found.reason} {found.field}"
    told = [each for each in ledger.facts[before:] if type(each.data) is not type(fact) or each.causationid]
    return "; ".join(words(each, at) for each in told) or "nothing"


def words(envelope: Envelope, now: str) -> str:
    """A fact in the guide's words, with its time where that is not the step's."""
    fact: Any = envelope.data
    at = f"{envelope.time:%Y-%m-%d %H:%M}"
    amount = getattr(fact, "amount_minor", None)
    is_open = getattr(fact, "is_open", None)
    parts = [
        "" if at == now else at,
        WIRE_TYPE[type(fact)].rpartition(".v")[0],
        getattr(fact, "stage", None),
        getattr(fact, "kind", None),
        None if amount is None else f"amount {amount}",
        *(() if is_open is None else (fact.account, "open" if is_open else "closed", fact.owner)),
        getattr(fact, "source", None),
    ]
    return " ".join(part for part in parts if part)


def test_every_table_of_the_guide_is_tried() -> None:
    assert [len(table) for table in TABLES] == [13, 3, 3, 4]


@pytest.mark.parametrize("steps", TABLES, ids=["changed", "early", "converted", "untidy"])
def test_every_step_tells_what_the_guide_says(steps: list[tuple[str, str, str]]) -> None:
    ledger = Ledger(OPPORTUNITY, "deal", KNOWN)
    assert [(at, what, step(ledger, at, what)) for at, what, _ in steps] == steps


def test_the_guide_names_every_reason_to_refuse_with_its_field() -> None:
    deciders = REPOSITORY / "streams" / "deciders"
    source = "".join(
        (deciders / name).read_text(encoding="utf-8") for name in ("opportunities/admit.py", "currencies.py")
    )
    reasons = set(re.findall(r'(?:Refused|Early)\(\s*"(\w+)"', source))
    listed = GUIDE.partition("| reason | field | when |")[2].partition("\n\n")[0]
    names = [line.split("|")[1] for line in listed.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", " ".join(names))) == reasons
