"""The story of a lead for people: what is known at a glance, every fact in order, and what is to be done."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

import click

from events.sources import is_ours
from leadstream.cli.output import show
from leadstream.story import Story

_LONGEST = 400
"""Characters of a fact's own fields; whoever needs more asks for JSON."""


def tell(story: Story, zone: tzinfo) -> None:
    """Write the story; instants are those of the viewer's zone."""
    for line in _head(story, zone):
        click.echo(line)
    show([fact(row, zone) for row in story["facts"]], "table")
    for action in story["next"]:
        click.echo(f"next: {action['words']}" + (f" [{action['side']}]" if action["side"] else ""))
    section("clocks", [_clock(row, zone) for row in story["clocks"]])
    _score(story, zone)
    section("owners", [_turn(row, zone) for row in story["routing"]])
    section("tasks", [only(row, zone, "title", "state", "owner", "due", "reminded_at") for row in story["tasks"]])
    made = ("converted_at", "state", "account", "contact", "opportunity", "made", "converted_by")
    section("conversions", [only(row, zone, *made) for row in story["conversions"]])
    allowed = ("purpose", "granted", "basis", "source", "said_at")
    section("consents", [only(row, zone, *allowed) for row in story["consents"]])
    same = ("other", "state", "why", "confidence", "since", "unmerged_at")
    section("same person", [only(row, zone, *same) for row in story["duplicates"]])


def at(text: str | None, zone: tzinfo) -> str | None:
    """An instant in the viewer's zone, to the second: `2026-03-02 11:00:00`."""
    if text is None:
        return None
    return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _head(story: Story, zone: tzinfo) -> Iterator[str]:
    yield "  ".join(filter(None, (f"lead {story['lead']}", story["name"], story["company"])))
    captured = at(story["captured_at"], zone) or "not yet"
    known = [("captured", captured), ("source", story["source"]), ("agreement", story["agreement"] or "none matches")]
    yield pairs([*known, ("times in", str(zone))])
    owner, first, why = story["owner"], story["first_owner"], story["why_owner"]
    reason = "; ".join(filter(None, (why, f"first {first}" if first != owner and first else None)))
    yield pairs([
        ("phase", story["phase"]),
        ("status", story["status"] or "-"),
        ("owner", f"{owner} ({reason})" if owner and reason else owner or "-"),
    ])  # fmt: skip
    how, sure = story["account_by"], story["account_confidence"]
    more = [
        ("passed because", story["why_passed"]),
        ("back because", story["back_because"]),
        ("warmed by", story["program"]),
        ("account", story["account"] and f"{story['account']} ({how}, {sure} %)"),
        ("merged into", story["merged_into"]),
        ("counts for", ", ".join(story["counts_for"])),
        ("test lead", "in no figure" if story["is_test"] else None),
    ]
    for name, value in more:
        if value:
            yield f"{name}: {value}"


def pairs(told: Iterable[tuple[str, str | None]]) -> str:
    """Names and what they are, in one line."""
    return "  ".join(f"{name}: {value or '-'}" for name, value in told)


def fact(row: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """A row of a timeline; of its own fields as much as a page takes."""
    happened, known = at(row["occurred_at"], zone), at(row["recorded_at"], zone)
    says = row["says"] if len(row["says"]) <= _LONGEST else row["says"][: _LONGEST - 1] + "…"
    marks = ("" if is_ours(row["source"]) else f"[{row['source']}]", "[late]" if row["late"] else "")
    return {
        "#": row["sequence"],
        "happened": happened,
        "known": "" if known == happened else known,
        "fact": row["fact"],
        "says": " ".join(filter(None, (says, *marks))),
    }


def _clock(row: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """What is asked for, or what became of it; the clause is named beside it."""
    asked = (row["next_action"] or "").removesuffix(f" ({row['clause']})")
    return {
        "clause": row["clause"] if row["cycle"] == 1 else f"{row['clause']} #{row['cycle']}",
        "state": f"{row['state']} (level {row['escalated']})" if row["escalated"] else row["state"],
        "due": at(row["due"], zone),
        "asks for": f"answered {at(row['answered_at'], zone)}" if row["answered_at"] else asked or row["reason"],
    }


def _turn(row: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    return {
        "asked": at(row["asked_at"], zone),
        "state": row["state"],
        "owner": row["owner"],
        "rule": row["rule"],
        "why": row["why"] or row["asked"],
    }


def only(row: Mapping[str, Any], zone: tzinfo, *names: str) -> dict[str, Any]:
    """Some columns of a row of a view."""
    return {name: at(row[name], zone) if name.endswith("_at") or name in _INSTANTS else row[name] for name in names}


_INSTANTS = frozenset({"due", "since"})


def section(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A table with its title; nothing where there are no rows."""
    if rows:
        click.echo(title)
        show(rows, "table")


def _score(story: Story, zone: tzinfo) -> None:
    score, now = story["score"], story["score_now"]
    if not score:
        return
    today = f"; now {now['score']} ({now['grade']})" if now and now["score"] != score["score"] else ""
    click.echo(
        f"score {score['score']} (fit {score['fit']}, engagement {score['engagement']}, grade {score['grade']}) "
        f"at {at(score['scored_at'], zone)}, by {score['agreement']} version {score['version']}{today}"
    )
    show(score["reasons"], "table", columns=("points", "rule", "touch"), empty="no points yet")
