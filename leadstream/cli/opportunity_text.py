"""The story of an opportunity for people: where it stands, what it counts to, and every fact in order."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

import click

from leadstream.cli.output import show
from leadstream.cli.story_text import at, fact, only, pairs, section
from leadstream.councils.money import amount_text
from leadstream.opportunity_story import Story


def tell(story: Story, zone: tzinfo) -> None:
    """Write the story; instants are those of the viewer's zone."""
    for line in _head(story, zone):
        click.echo(line)
    show([_fact(row, zone) for row in story["facts"]], "table")
    section("lines", [_line(line, story["currency"]) for line in story["lines"]])
    section("contacts", [only(row, zone, "contact", "role", "is_primary", "since") for row in story["contacts"]])
    section("hygiene", [only(row, zone, "kind", "state", "flagged_at", "cleared_at") for row in story["hygiene"]])
    section("cells of the matrix", [_cell(row) for row in story["cells"]])
    names = ("measure", "day", "amount_minor", "of_currency")
    section("in no figure for want of a rate", [only(row, zone, *names) for row in story["left_out"]])


def _head(story: Story, zone: tzinfo) -> Iterator[str]:
    yield "  ".join(filter(None, (f"opportunity {story['opportunity']}", story["name"])))
    ended = at(story["closed_at"], zone)
    yield pairs([
        ("status", f"{story['status']} {ended}" if ended else story["status"]),
        ("stage", story["stage"]),
        ("forecast", story["forecast"]),
        ("amount", f"{_amount(story, story['currency'])} {story['currency']}".strip()),
        ("close date", story["close_date"]),
    ])  # fmt: skip
    yield pairs([
        ("owner", story["owner"]),
        ("opener", " ".join(filter(None, (story["opener"], story["opener_role"] and f"({story['opener_role']})")))),
        ("account", story["account"]),
        ("opened", at(story["opened_at"], zone)),
        ("times in", str(zone)),
    ])  # fmt: skip
    counts = ("product", "region", "segment", "source", "campaign")
    if told := [(name, story[name]) for name in counts if story[name]]:
        yield pairs(told)
    more = [
        ("from lead", story["lead"]),
        ("next step", story["next_step"]),
        ("untidy", ", ".join(story["untidy"])),
        ("because", story["reason"]),
    ]
    for name, value in more:
        if value:
            yield f"{name}: {value}"


def _amount(row: Mapping[str, Any], currency: str) -> str:
    """As people read it; in minor units as long as nobody has said of which currency."""
    return amount_text(row["amount_minor"], currency) if currency else str(row["amount_minor"])


def _line(line: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {"line": line["line"], "product": line["product"], "amount": _amount(line, currency)}


def _fact(row: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    told = fact(row, zone)
    says = told.pop("says")
    name = row["fact"].removeprefix("opportunity.")
    return {**told, "fact": name, "amount": _amount(row, row["currency"]), "says": says}


def _cell(row: Mapping[str, Any]) -> dict[str, Any]:
    cut = ("product", "region", "segment", "source", "campaign", "owner", "opener_role")
    slices = ", ".join(f"{name} {row[name]}" for name in cut if row[name])
    return {
        "quarter": row["quarter"],
        "measure": row["measure"],
        "adds": f"{amount_text(row['amount_minor'], row['currency'])} {row['currency']}",
        "counts to": slices,
    }
