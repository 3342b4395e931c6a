"""The life of a dead letter: open until it is mended, or until another takes its place because it was refused again.

It follows from the log: from the letters, and from the outcomes of trying them again. What is told twice, since who
told it was killed before he knew, counts once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from engine.letters import Outcome, decode_outcome, encode_outcome
from engine.ports import EventLog, NewRecord
from engine.reading import records_of
from events.topics import DEAD_LETTERS, OUTCOMES, RAW
from leadstream.letters import Letter, letter_of

Status = Literal["open", "mended", "superseded"]
STATUSES: Final[tuple[Status, ...]] = ("open", "mended", "superseded")


class Told(NamedTuple):
    """An outcome, and when the log took it, microseconds."""

    at: int
    outcome: Outcome


class Life(NamedTuple):
    """A letter and what became of it.

    Attributes:
        letter: the letter; field and detail are those of its last refusal.
        status: `open`; `mended`, what it holds was taken after all; `superseded`, its record was put back and refused
            again, by which it became another letter.
        changed_at: since when it is so, microseconds.
        tries: how often it was tried again, as far as that has an outcome.
        by: what mended or refused it last; of one that is superseded the id of the other letter. Empty before any try.
    """

    letter: Letter
    status: Status
    changed_at: int
    tries: int
    by: str


def lives(letters: Iterable[Letter], outcomes: Iterable[Told]) -> list[Life]:
    """What became of each letter, in the letters' order. A letter that is gone has no life, whatever is told of it."""
    found = list(letters)
    events: defaultdict[str, list[tuple[int, Outcome | Letter]]] = defaultdict(list)
    for at, outcome in outcomes:
        events[outcome.letter].append((at, outcome))
    for letter in found:
        if letter.retried:
            events[letter.retried].append((letter.kept_at, letter))
    return [_life(letter, sorted(events[letter.id], key=lambda each: each[0])) for letter in found]


def _life(letter: Letter, events: Sequence[tuple[int, Outcome | Letter]]) -> Life:
    life = Life(letter, "open", letter.kept_at, 0, "")
    for at, event in events:
        life = _after(life, at, event)
    return life


def _after(life: Life, at: int, event: Outcome | Letter) -> Life:
    tries = life.tries + 1
    if isinstance(event, Letter):
        return Life(life.letter, "superseded", at, tries, event.id)
    if life.status == "mended" or (life.status == "superseded" and event.outcome == "refused"):
        return life._replace(tries=tries)  # what was taken stays so, whatever a later try says
    if event.outcome == "mended":
        return Life(life.letter, "mended", at, tries, event.by)
    return Life(life.letter._replace(field=event.field, detail=event.detail), "open", at, tries, event.by)


def every(_letter: Letter) -> bool:
    """All letters are meant."""
    return True


async def read_lives(log: EventLog, meant: Callable[[Letter], bool] = every) -> list[Life]:
    """The lives of letters that are kept, partition by partition in order.

    Args:
        log: the log.
        meant: which letters; of the others nothing is held, unless they took the place of another one.
    """
    letters, outcomes = list[Letter](), list[Told]()
    for partition in range(len(await log.ends(DEAD_LETTERS))):
        async for record in records_of(log, DEAD_LETTERS, partition):
            letter = letter_of(partition, record)
            if letter.retried or meant(letter):
                letters.append(letter)
    for partition in range(len(await log.ends(OUTCOMES))):
        async for record in records_of(log, OUTCOMES, partition):
            try:
                outcomes.append(Told(record.timestamp, decode_outcome(record.value or b"")))
            except msgspec.DecodeError:
                continue  # somebody else's
    return [life for life in lives(letters, outcomes) if meant(life.letter)]


def about_requests(found: Iterable[Life]) -> dict[tuple[str, int], list[str]]:
    """Ids of the open letters about requests, by the request: its natural key, and when it came in microseconds."""
    made: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for letter, status, *_ in found:
        if letter.topic == RAW and status == "open":
            made[letter.key, letter.came_at].append(letter.id)
    return made


async def tell(log: EventLog, outcomes: Iterable[Outcome]) -> None:
    """Append outcomes, each to the partition of its letter; durable when this returns.

    Facts have to be in the log before it is told that they mended a letter: what breaks off between the two is tried
    again, and drops the facts as duplicates.
    """
    batches: defaultdict[tuple[str, int], list[NewRecord]] = defaultdict(list)
    for each in outcomes:
        partition = int(each.letter.partition("-")[0])
        batches[OUTCOMES, partition].append(NewRecord(each.letter.encode(), encode_outcome(each)))
    if batches:
        await log.append(batches)
