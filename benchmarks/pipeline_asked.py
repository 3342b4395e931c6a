"""What is asked of the pipeline's views, how long each answer takes, and how the database goes about it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from statistics import median
from textwrap import wrap
from typing import Any, NamedTuple

import psutil

from benchmarks.pipeline_lives import BEGIN
from events.instants import DAY
from projections.pipeline.deal import DIMENSIONS
from projections.read import read_view
from projections.stores.port import ViewStore
from projections.views.view import Cell, Cells

MIDDLE, WEEK = BEGIN + 45 * DAY + 1, BEGIN + 52 * DAY + 1
_WIDE, _LINES, _LARGE = 160, 4, "opportunit"
_MOST_SECONDS = 5.0
"""Longer than that no question is asked again."""


class Question(NamedTuple):
    """What is asked: a name for people, the view, and the arguments of `read_view`."""

    name: str
    view: str
    options: Mapping[str, Any]


class Answer(NamedTuple):
    """How long it took: medians of some runs in seconds by the clock and of processors, and how many rows there were.

    Processor time is that of this process and of the database's server together.
    """

    question: str
    seconds: float
    cpu: float
    runs: int
    rows: int


def _asked(name: str, view: str, **options: Any) -> Question:
    return Question(name, view, options)


def questions(named: Sequence[str] = ()) -> Iterator[Question]:
    """All of them, or those that have one of some words in their name."""
    return (each for each in _questions() if not named or any(words in each.name for words in named))


def _questions() -> Iterator[Question]:
    yield _asked("matrix", "matrix")
    for by in (*DIMENSIONS, *("+".join(pair) for pair in combinations(DIMENSIONS[:4], 2)), "source+opener_role"):
        yield _asked(f"matrix by {by}", "matrix", by=by)
    where = {"product": "product-3", "region": "dach"}
    yield _asked("matrix of a product by segment", "matrix", by="segment", where={"product": "product-3"})
    for name, times in (
        ("as of", {"as_of": MIDDLE}),
        ("as of the first week", {"as_of": BEGIN + 7 * DAY}),
        ("known at", {"known_at": MIDDLE}),
        ("as of and known at", {"as_of": MIDDLE, "known_at": MIDDLE}),
    ):
        yield _asked(f"matrix by region, {name}", "matrix", by="region", times=times)
    cell = {**where, "segment": "small", "source": "abm", "measure": "open_pipe"}
    yield _asked("what a cell opens to", "matrix-opportunities", where=cell)
    yield _asked("what a cell opens to, as of", "matrix-opportunities", where=cell, times={"as_of": MIDDLE})
    yield _asked("what a row of two opens to", "matrix-opportunities", where={**where, "measure": "open_pipe"})
    week = {"since": MIDDLE, "as_of": WEEK}
    yield _asked("waterfall of a week", "waterfall", times=week)
    yield _asked("waterfall of a week by region", "waterfall", by="region", times=week)
    yield _asked("waterfall of a week by product+region", "waterfall", by="product+region", times=week)
    yield _asked("waterfall of a week, as known then", "waterfall", times=week, where={"known": "then"})
    yield _asked("waterfall of a week, known at", "waterfall", times={**week, "known_at": WEEK})
    yield _asked("waterfall of the quarter", "waterfall")
    yield _asked("waterfall of the quarter by region", "waterfall", by="region")
    yield _asked("waterfall of one opportunity", "waterfall", where={"opportunity": "o-000007"})
    yield _asked("clean pipe", "clean-pipe")
    for view in ("velocity", "stage-conversion", "stage-ages", "stage-old", "attribution", "cross-sell"):
        yield _asked(view, view)
        if view.startswith("stage") or view == "velocity":
            yield _asked(f"{view}, as of and known at", view, times={"as_of": MIDDLE, "known_at": MIDDLE})
    yield _asked("velocity by product+region", "velocity", by="product+region")
    yield _asked("stage-conversion by region", "stage-conversion", by="region")
    yield _asked("hygiene, a page of 50", "hygiene", limit=50)
    yield _asked("hygiene of one", "hygiene", where={"opportunity": "o-000007"})
    yield _asked("one opportunity", "opportunities", where={"opportunity": "o-000007"})
    yield _asked("opportunities, the 50 largest", "opportunities", sort=("-amount_minor",), limit=50)
    yield _asked("history of one", "opportunity-history", where={"opportunity": "o-000007"})


class Watched:
    """A store that remembers what it was asked in SQL."""

    def __init__(self, store: ViewStore) -> None:
        self._store = store
        self.asked: list[tuple[str, Sequence[Cell]]] = []

    def query(self, sql: str, values: Sequence[Cell] = ()) -> list[Cells]:
        """Rows of a query."""
        self.asked.append((sql, values))
        return self._store.query(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def timed(store: ViewStore, question: Question, runs: int, server: Callable[[], float] = float) -> Answer:
    """Ask so many times, or once if that takes long; the first time is not counted if there is another.

    Args:
        store: is asked.
        question: what.
        runs: how often.
        server: processor seconds of the database's server so far.
    """
    took, used, rows = list[float](), list[float](), 0
    for _ in range(runs + 1):
        begun, cpu = time.perf_counter(), time.process_time() + server()
        rows = len(read_view(store, question.view, **question.options))
        took.append(time.perf_counter() - begun)
        used.append(time.process_time() + server() - cpu)
        if took[-1] > _MOST_SECONDS:
            break
    counted = len(took[1:] or took)
    return Answer(question.name, median(took[-counted:]), median(used[-counted:]), counted, rows)


def server_of(store: ViewStore) -> Callable[[], float]:
    """Tells processor seconds of the PostgreSQL server that a store asks: of its own process there, and of helpers."""
    ((number,),) = store.query("SELECT pg_backend_pid()")
    backend = psutil.Process(int(number or 0))
    parent = backend.parent()
    assert parent is not None

    def seconds() -> float:
        own, helpers = backend.cpu_times(), parent.cpu_times()
        return float(own.user + own.system + helpers.children_user + helpers.children_system)

    return seconds


def plans(store: ViewStore, question: Question, explain: str) -> Iterator[str]:
    """The SQL of a question about opportunities, each with the plan of the database; what is long is cut."""
    watched = Watched(store)
    read_view(watched, question.view, **question.options)
    seen = set[str]()
    for sql, values in watched.asked:
        if sql in seen or _LARGE not in sql:
            continue
        seen.add(sql)
        yield from wrap(" ".join(sql.split()), _WIDE, max_lines=_LINES, placeholder=" ...")
        for row in store.query(f"{explain} {sql}", values):
            yield f"    {row[-1]}"[:_WIDE].rstrip()
