"""The live board: a pure function from a snapshot to what the terminal shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from leadstream.demo.people import MARK
from leadstream.demo.watch import Breach, Move, Retraction, Running
from leadstream.demo.words import ago, bar, spell

_CLOCK_BAR = 8
_LEAD = 10
_FUNNEL_BAR = 14
_YELLOW, _RED = 0.5, 0.2
_STALE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the board shows. Instants in microseconds.

    Attributes:
        since: when the live traffic began.
        published: records put into the inbox since then.
        facts: facts in the canonical log, history included.
        rate: facts decided a second, lately.
        complete_to: up to when the views are complete; None before they are.
        moves: scores that moved last, newest first.
        clocks: open clocks, the soonest due first.
        open_clocks: how many are open.
        breaches: that stand, newest first.
        retractions: newest first.
        funnel: stage -> leads, in order.
        clauses: rows of the view `sla`.
        dead_letters: records that could not be taken.
    """

    since: int
    published: int = 0
    facts: int = 0
    rate: float = 0.0
    complete_to: int | None = None
    moves: tuple[Move, ...] = ()
    clocks: tuple[Running, ...] = ()
    open_clocks: int = 0
    breaches: tuple[Breach, ...] = ()
    retractions: tuple[Retraction, ...] = ()
    funnel: tuple[tuple[str, int], ...] = ()
    clauses: tuple[Mapping[str, Any], ...] = ()
    dead_letters: int = 0


def render(snapshot: Snapshot, now: int) -> RenderableType:
    """The board at an instant (microseconds); it fills the height it is given."""
    left = Layout(name="left")
    left.split_column(
        Layout(_panel("Clocks running out", _clocks(snapshot, now), f"{snapshot.open_clocks} open"), ratio=1),
        Layout(_panel("Scores that moved last", _moves(snapshot, now)), ratio=1),
    )
    right = Layout(name="right")
    right.split_column(
        Layout(_panel("Breaches", _breaches(snapshot.breaches, now)), ratio=3),
        Layout(_panel("Breaches taken back by late facts", _retractions(snapshot.retractions)), ratio=3),
        Layout(_panel("Funnel and promises so far", _totals(snapshot)), ratio=4),
    )
    body = Layout(name="body")
    body.split_row(left, right)
    board = Layout(name="board")
    board.split_column(Layout(_header(snapshot, now), size=3), body, Layout(_footer(), size=1))
    return board


def line(snapshot: Snapshot, now: int) -> str:
    """The board in one line, for output that is no terminal."""
    counts = _sums(snapshot)
    return (
        f"{MARK} {spell(_span(now - snapshot.since))}: {snapshot.published} published, {snapshot.facts} facts, "
        f"{snapshot.rate:.1f}/s, {snapshot.open_clocks} clocks open, {counts['met']} met, "
        f"{counts['breached']} breached, {counts['retracted']} retracted, {snapshot.dead_letters} dead letters, "
        f"{_complete(snapshot, now)[0]}"
    )


def _span(microseconds: int) -> timedelta:
    return timedelta(microseconds=max(0, microseconds))


def _panel(title: str, body: RenderableType, note: str = "") -> Panel:
    return Panel(body, title=title, title_align="left", subtitle=note or None, subtitle_align="right", padding=(0, 1))


def _table(*columns: str) -> Table:
    """Columns named `>so` stand to the right."""
    table = Table(box=None, expand=True, pad_edge=False, header_style="dim")
    for column in columns:
        right = column.startswith(">")
        least = _LEAD if column == "lead" else None
        table.add_column(
            column.lstrip(">"),
            justify="right" if right else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=least,
        )
    return table


def _header(snapshot: Snapshot, now: int) -> RenderableType:
    head = Text.assemble(
        (f" {MARK} ", "bold reverse yellow"),
        (" an invented company; one second here is one of its minutes ", "bold"),
        (f"  running {spell(_span(now - snapshot.since))}", "dim"),
    )
    if snapshot.facts == 0:
        return Group(head, Text(" the worker and the projector are starting …", style="yellow"))
    complete, style = _complete(snapshot, now)
    dead = "red" if snapshot.dead_letters else "dim"
    counts = Text.assemble(
        f" {snapshot.published:,} published   {snapshot.facts:,} facts   {snapshot.rate:,.1f} facts/s   ",
        (complete, style),
        "   ",
        (f"{snapshot.dead_letters} dead letters", dead),
    )
    return Group(head, counts)


def _complete(snapshot: Snapshot, now: int) -> tuple[str, str]:
    """How far behind the views are, and how to colour that."""
    if snapshot.complete_to is None:
        return "views are not complete yet", "yellow"
    behind = _span(now - snapshot.complete_to)
    return f"views complete to {ago(behind)}", "yellow" if behind > _STALE else "green"


def _footer() -> Text:
    return Text(" Ctrl-C ends the demo. What it made stays for a look around.", style="dim")


def _clocks(snapshot: Snapshot, now: int) -> RenderableType:
    if not snapshot.clocks:
        return Text("no clock is running", style="dim")
    table = _table("lead", "promise", "", ">left")
    for clock in snapshot.clocks:
        left = clock.due - now
        share = left / max(1, clock.due - clock.start)
        style = "green" if share > _YELLOW else "yellow" if share > _RED else "red"
        words = spell(_span(left)) if left > 0 else "run out"
        table.add_row(clock.lead, clock.clause, Text(bar(share, _CLOCK_BAR), style=style), Text(words, style=style))
    return table


def _moves(snapshot: Snapshot, now: int) -> RenderableType:
    if not snapshot.moves:
        return Text("no score has moved", style="dim")
    table = _table("lead", ">score", ">moved", "", "by", ">ago")
    for move in snapshot.moves:
        delta = move.score - (move.was or 0)
        style = "green" if delta > 0 else "red"
        moved = "new" if move.was is None else f"{'▲' if delta > 0 else '▼'} {delta:+d}"
        table.add_row(
            move.lead,
            Text(str(move.score), style="bold"),
            Text(moved, style=style),
            move.grade,
            move.cause,
            spell(_span(now - move.at)),
        )
    return table


def _breaches(found: tuple[Breach, ...], now: int) -> RenderableType:
    if not found:
        return Text("every promise was kept so far", style="green")
    table = _table("lead", "promise", ">was due")
    for each in found:
        table.add_row(each.lead, each.clause, ago(_span(now - each.due)), style="red")
    return table


def _retractions(found: tuple[Retraction, ...]) -> RenderableType:
    if not found:
        return Text("none yet: calls made on the road are written down late", style="dim")
    table = _table("lead", "promise", ">early", ">told late")
    for each in found:
        if each.answered_at is None:
            before = told = "-"
        else:
            before = spell(_span(each.due - each.answered_at))
            told = spell(_span(each.told_at - each.answered_at))
        table.add_row(each.lead, each.clause, before, told, style="green")
    return table


def _totals(snapshot: Snapshot) -> RenderableType:
    most = max([leads for _, leads in snapshot.funnel], default=0) or 1
    funnel = _table("stage", ">leads", "")
    for stage, leads in snapshot.funnel:
        funnel.add_row(stage, f"{leads:,}", Text(bar(leads / most, _FUNNEL_BAR), style="blue"))
    clauses = _table("promise", ">met", ">breached", ">taken back")
    for row in snapshot.clauses:
        clauses.add_row(str(row["clause"]), *(f"{row[name]:,}" for name in ("met", "breached", "retracted")))
    return Group(funnel, Text(), clauses)


def _sums(snapshot: Snapshot) -> dict[str, int]:
    return {name: _sum(row[name] for row in snapshot.clauses) for name in ("met", "breached", "retracted")}


def _sum(cells: Iterable[Any]) -> int:
    return sum(int(cell) for cell in cells)
