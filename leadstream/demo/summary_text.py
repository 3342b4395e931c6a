"""The week's summary for people: a page of tables that explains itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from events.instants import DAY, from_us
from events.routing import Rule
from leadstream.demo.company import Week
from leadstream.demo.people import MARK
from leadstream.demo.summary import STANDING_IN, TOTAL, Retraction, Summary
from leadstream.demo.words import spell

_MOST_RETRACTIONS = 5
_MOST_OF_STORY = 50
_RULES = get_args(Rule)
_GOOD = {"sla.breach_retracted", "lead.converted", "lead.reopened"}
_BAD = {"sla.breached", "sla.escalated", "lead.rejected", "lead.recycled"}
_BAR = 30


def page(summary: Summary, week: Week, seconds: float, home: Path) -> RenderableType:
    """The whole summary.

    Args:
        summary: what the views say.
        week: what was simulated.
        seconds: how long the run took.
        home: the data directory, for the commands to try next.
    """
    return Group(
        *_head(summary, week, seconds),
        *_section("Funnel: leads that reached each stage, by source", _funnel(summary)),
        *_section("Scores: who they are (A to C) and what they did (1 to 3)", _scores(summary)),
        *_section("Promises (SLA clauses): every started clock is met, breached, cancelled or open", _clauses(summary)),
        *_section(
            "Response: from capture to the first call, mail or meeting by sales, nights and weekends included",
            _responses(summary),
        ),
        *_section(f"Who got what, by which rule; {summary.waited} waited for somebody to be back", _owners(summary)),
        *_section("Taken, given back, opened again, merged", _life(summary)),
        *_section(_retraction_title(summary), _retractions(summary.retractions)),
        *_section("Dead letters: records that could not be taken, kept with their reason", _dead_letters(summary)),
        *_story(summary),
        *_next(summary, home),
    )


def _head(summary: Summary, week: Week, seconds: float) -> Iterator[RenderableType]:
    first, last = from_us(week.start + DAY // 2), from_us(week.end - DAY // 2)
    yield Text(f" {MARK}: an invented company, seed {week.seed} ", style="bold reverse yellow")
    days = f"{week.days} days" if week.days != 1 else "1 day"
    yield Text(
        f"{days}, {first:%a %d %b %Y} to {last:%a %d %b %Y}: {summary.run.leads:,} leads, "
        f"{summary.run.records:,} records, told, decided and counted in {seconds:.1f} s"
    )


def _section(title: str, body: RenderableType) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", style="bold")
    yield Padding(body, (0, 0, 0, 2))


def _table(*columns: str, left: int = 1) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < left else "right", no_wrap=True)
    return table


def _funnel(summary: Summary) -> Table:
    table = _table("source", *summary.stages)
    for source, stages in summary.funnel.items():
        cells = (f"{stages.get(stage, 0):,}" for stage in summary.stages)
        table.add_row(source, *cells, style="bold" if source == TOTAL else None)
    return table


def _scores(summary: Summary) -> RenderableType:
    tens = _table("score", "leads", "", left=1)
    tens.columns[2].justify = "left"
    most = max((*summary.scores, 1))
    for place, leads in enumerate(summary.scores):
        label = f"{place * 10}-{place * 10 + 9}" if place < len(summary.scores) - 1 else f"{place * 10}+"
        tens.add_row(label, f"{leads:,}", "█" * round(_BAR * leads / most))
    letters = sorted({grade[0] for grade in summary.grades})
    digits = sorted({grade[1:] for grade in summary.grades})
    grades = _table("grade", *digits)
    for letter in letters:
        grades.add_row(letter, *(f"{summary.grades.get(letter + digit, 0):,}" for digit in digits))
    both = Table.grid(padding=(0, 6))
    both.add_row(tens, grades)
    return both


def _clauses(summary: Summary) -> Table:
    verdicts = ("started", "met", "breached", "cancelled", "open", "retracted", "escalated")
    table = _table("clause", *verdicts, "met of decided")
    for row in summary.clauses:
        decided = row["met"] + row["breached"]
        share = f"{100 * row['met'] / decided:.0f} %" if decided else "-"
        table.add_row(str(row["clause"]), *(f"{row[verdict]:,}" for verdict in verdicts), share)
    return table


def _responses(summary: Summary) -> Table:
    table = _table("source", "leads", "answered", "half within", "90 % within")
    for source, row in summary.responses.items():
        times = (_seconds(row[name]) for name in ("p50_seconds", "p90_seconds"))
        table.add_row(
            source, f"{row['leads']:,}", f"{row['answered']:,}", *times, style="bold" if source == TOTAL else None
        )
    return table


def _owners(summary: Summary) -> Table:
    used = {rule for rules in summary.owners.values() for rule in rules}
    rules = [rule for rule in (*_RULES, STANDING_IN) if rule in used]
    table = _table("owner", *rules)
    for owner, counts in summary.owners.items():
        table.add_row(owner, *(f"{counts.get(rule, 0):,}" for rule in rules))
    return table


def _life(summary: Summary) -> Table:
    table = _table("what happened", "leads", "times")
    for name, (leads, times) in summary.life.items():
        table.add_row(name, f"{leads:,}", f"{times:,}")
    return table


def _seconds(cell: Any) -> str:
    return "-" if cell is None else spell(timedelta(seconds=int(cell)))


def _retraction_title(summary: Summary) -> str:
    return (
        f"Breaches taken back: {len(summary.retractions)}. The call was made in time and written down late; "
        "the verdict followed the call"
    )


def _retractions(found: tuple[Retraction, ...]) -> RenderableType:
    if not found:
        return Text("none this time")
    table = _table("lead", "clause", "promised until", "called at", "written down", "late by", left=5)
    for each in found[:_MOST_RETRACTIONS]:
        late_by = spell(each.told_at - each.answered_at)
        table.add_row(each.lead, each.clause, _time(each.due), _time(each.answered_at), _time(each.told_at), late_by)
    if len(found) > _MOST_RETRACTIONS:
        table.add_row(f"and {len(found) - _MOST_RETRACTIONS} more")
    return table


def _dead_letters(summary: Summary) -> RenderableType:
    if not summary.dead_letters:
        return Text("none")
    table = _table("reason", "records")
    for reason, count in summary.dead_letters.items():
        table.add_row(reason, f"{count:,}")
    return table


def _story(summary: Summary) -> Iterator[RenderableType]:
    if summary.hero is None:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column, width in (("happened", 16), ("recorded", 16), ("fact", 20)):
        table.add_column(column, no_wrap=True, min_width=width)
    table.add_column("in words")
    for each in summary.story[:_MOST_OF_STORY]:
        style = "red" if each.fact in _BAD else "green" if each.fact in _GOOD else None
        table.add_row(_time(each.occurred_at), _time(each.recorded_at), each.fact, each.words, style=style)
    if len(summary.story) > _MOST_OF_STORY:
        table.add_row("", "", f"and {len(summary.story) - _MOST_OF_STORY} more")
    yield from _section(f"One lead's story: {summary.hero}", table)


def _time(at: datetime) -> str:
    return f"{at:%a %H:%M:%S} UTC"


def _next(summary: Summary, home: Path) -> Iterator[RenderableType]:
    commands = (
        (
            f"leadstream lead {summary.hero or 'sim-000001'}",
            "everything about a lead: facts, clocks, score with reasons",
        ),
        ("leadstream view queue", "what sales does next, the most urgent first"),
        ("leadstream view sla-board", "every open clock, what is due first at the top"),
        ("leadstream view routing --where state=assigned", "who got which lead, and why"),
        ("leadstream view breaches --where state=breached", "who did not call in time, or not at all"),
        ("leadstream view leads --format csv", "any view for a spreadsheet; json for programs"),
        ("leadstream dead-letters list", "what could not be taken, and why"),
        ("leadstream verify", "proves that state and tables are a fold of the log"),
        ("leadstream demo", "the same company live, with clocks that count down (begins that directory anew)"),
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for command, meaning in commands:
        table.add_row(Text(command, style="cyan"), meaning)
    # On a line of its own, however long: it is there to be copied.
    yield Text("\nTry next, in the directory of this week (delete it when done)", style="bold")
    yield Text(f"  export LEADSTREAM_DATA_DIR={home}", style="cyan", no_wrap=True, overflow="ignore")
    yield Padding(table, (0, 0, 0, 2))
