"""Rows that are too large for the log: dead letters like any other row, and the others are imported."""

import msgspec
import pytest

from events.limits import LARGEST_FACT
from tests.leadstream.cli.house import AGREEMENT, House
from tests.leadstream.importing.conftest import Translate

COLUMNS = [f"c{number:02}" for number in range(80)]
FIELD = 4000
MAPPING = """\
name: wide
zone: UTC
files:
  - role: log
    match: "*.csv"
    subject: lead
    time: at
    rules:
      - fact: lead.captured
        data:
          profile:
""" + "".join(f"            answers.{column}: {{column: {column}}}\n" for column in COLUMNS)


def row(lead: str, size: int, at: str = "2012-01-01") -> str:
    """A row whose answers have so many characters together, one at least in every column."""
    cells, left = [], size - len(COLUMNS)
    for _ in COLUMNS:
        more = min(left, FIELD)
        cells.append("x" * (1 + more))
        left -= more
    return ",".join([lead, at, *cells]) + "\n"


def file(*rows: str) -> str:
    return ",".join(["lead", "at", *COLUMNS]) + "\n" + "".join(rows)


@pytest.fixture(scope="module")
def most(translated: Translate) -> int:
    """How many characters make a fact that is just not too large."""
    (fact,) = translated(MAPPING, {"a.csv": file(row("a", 1000))}).facts()
    return LARGEST_FACT - len(msgspec.json.encode(fact.data)) + 1000


def test_a_fact_may_have_the_largest_size_and_not_a_byte_more(translated: Translate, most: int) -> None:
    made = translated(MAPPING, {"a.csv": file(row("a", 100), row("b", most + 1), row("c", most))})
    assert [fact.subject for fact in made.facts()] == ["a", "c"]
    (dead,) = made.dead
    assert (dead.file, dead.line, dead.field) == ("a.csv", 3, "data")
    assert dead.reason == f"the fact has {LARGEST_FACT + 1} bytes; expected at most {LARGEST_FACT}"
    assert (made.summary.read, made.summary.imported, made.summary.dead) == (3, 2, 1)


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("wide"))


def test_a_lead_takes_the_largest_fact_an_import_lets_through(house: House, most: int) -> None:
    house.publish_agreement(AGREEMENT)
    house.run("import", house.write("wide.yaml", MAPPING), house.write("a.csv", file(row("b" * 256, most))))
    house.decide()
    assert house.rows("dead-letters", "list") == []
    assert [found["lead"] for found in house.rows("view", "leads")] == ["b" * 256]


def test_rows_too_large_for_the_log_and_for_the_dead_letters_do_not_stop_the_others(house: House) -> None:
    endless = f"d,2012-01-01,{'y' * 3_000_000}\n"
    rows = file(row("a", 100), row("b", 300_000), endless, row("c", 100))
    house.run("import", house.write("wide.yaml", MAPPING), house.write("a.csv", rows))
    letters = house.rows("dead-letters", "list")
    assert [(letter["where"], letter["bytes"]) for letter in letters] == [
        ("a.csv:3", len(row("b", 300_000))),
        ("a.csv:4", 1_000_000),
    ]
    assert letters[1]["detail"].endswith(f"; the first 1000000 of its {len(endless)} bytes are kept")
    house.decide()
    assert [found["lead"] for found in house.rows("view", "leads")] == ["a", "c"]
