"""The loan funnel counted straight from its CSV, case by case, without any code of the product."""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
STATUSES = ("A_PREACCEPTED", "A_ACCEPTED", "O_SENT", "O_SENT_BACK", "A_ACTIVATED", "A_DECLINED", "A_CANCELLED")
_CLOSING = ("A_ACTIVATED", "A_DECLINED", "A_CANCELLED")
Due = Callable[[int], int]
"""The due instant of a clock that starts at an instant, both in microseconds."""


@dataclass
class Case:
    """One application; instants in microseconds, in the order they happened."""

    captured: int = -1
    calls: list[int] = field(default_factory=list)
    statuses: list[tuple[int, str]] = field(default_factory=list)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        yield from csv.DictReader(file)


def slice_of(path: Path, folder: Path, cases: int) -> Path:
    """The first applications of the file, whole, as a file of their own."""
    chosen: dict[str, None] = {}
    sliced = folder / "bpi2012_slice.csv"
    with sliced.open("w", newline="") as file:
        writer: csv.DictWriter[str] | None = None
        for row in rows_of(path):
            name = row["case:concept:name"]
            if name not in chosen and len(chosen) == cases:
                continue
            chosen[name] = None
            if writer is None:
                writer = csv.DictWriter(file, list(row))
                writer.writeheader()
            writer.writerow(row)
    return sliced


def cases_of(path: Path) -> dict[str, Case]:
    found: defaultdict[str, Case] = defaultdict(Case)
    for row in rows_of(path):
        case, activity, step = found[row["case:concept:name"]], row["concept:name"], row["lifecycle:transition"]
        at = (datetime.fromisoformat(row["time:timestamp"]) - _EPOCH) // timedelta(microseconds=1)
        if activity == "A_SUBMITTED":
            case.captured = at
        elif activity.startswith("W_") and step == "START":
            case.calls.append(at)
        elif activity in STATUSES:
            case.statuses.append((at, activity))
    return dict(found)


def end_of(cases: dict[str, Case]) -> int:
    """The last instant the log knows of, among the facts that are imported."""
    return max(
        at for case in cases.values() for at in (case.captured, *case.calls, *(entry[0] for entry in case.statuses))
    )


def funnel_of(cases: dict[str, Case]) -> dict[str, int]:
    reached = Counter(stage for case in cases.values() for stage in {status for _, status in case.statuses})
    return {"captured": len(cases), **reached, "converted": reached["A_ACTIVATED"]}


def verdicts(cases: dict[str, Case], due: Due, end: int, *, by_status: bool = False) -> Counter[str]:
    """Verdicts of a clause that starts on capture and is stopped by a call, or by any status.

    An act at the due instant is in time; an answer at the instant of a closing counts.
    """
    found: Counter[str] = Counter()
    for case in cases.values():
        never = end + 10**15
        answers = [at for at, _ in case.statuses] if by_status else case.calls
        answer = max(min(answers, default=never), case.captured)
        closing = min((at for at, status in case.statuses if status in _CLOSING), default=never)
        until = due(case.captured)
        if min(answer, closing) <= until and min(answer, closing) < never:
            found["met" if answer <= closing else "cancelled"] += 1
        else:
            found["breached" if until < end else "open"] += 1
    return found


def response_seconds(cases: dict[str, Case]) -> list[int]:
    return sorted(max(0, min(case.calls) - case.captured) // 1_000_000 for case in cases.values() if case.calls)


def office_due(minutes: int | None, holidays: frozenset[date]) -> Due:
    """When so many working minutes have passed, or one working day where None; Monday to Friday, 09:00 to 18:00.

    Walks over the days in Amsterdam's time. A promise of a day that begins in closed time begins at the next opening;
    it ends at the same local time on the next working day, and so at the closing before if that is an opening.
    """

    def opening(day: date) -> datetime:
        while day.weekday() > 4 or day in holidays:
            day += timedelta(days=1)
        return datetime.combine(day, time(9), _AMSTERDAM)

    def due(start: int) -> int:
        local = (_EPOCH + timedelta(microseconds=start)).astimezone(_AMSTERDAM)
        begin = opening(local.date())
        if begin.date() == local.date():
            begin = max(begin, local)
            if begin.hour >= 18:
                begin = opening(local.date() + timedelta(days=1))
        if minutes is None and begin.time() == time(9):
            minutes_left = 9 * 60
        elif minutes is None:
            found = datetime.combine(opening(begin.date() + timedelta(days=1)).date(), begin.time(), _AMSTERDAM)
            return (found - _EPOCH) // timedelta(microseconds=1)
        else:
            minutes_left = minutes
        left = timedelta(minutes=minutes_left)
        while (rest := datetime.combine(begin.date(), time(18), _AMSTERDAM) - begin) < left:
            left, begin = left - rest, opening(begin.date() + timedelta(days=1))
        return (begin + left - _EPOCH) // timedelta(microseconds=1)

    return due
