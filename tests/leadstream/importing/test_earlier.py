"""Which files were imported before is told by their bytes, and whether their facts have the same ids by the mapping."""

from engine.memory.log import MemoryLog
from engine.ports import NewRecord
from events.topics import LEAD_INBOX
from leadstream.deployment import topic_specs
from leadstream.importing.earlier import (
    START_KEY,
    Again,
    Brought,
    Earlier,
    Start,
    brought_again,
    decode_start,
    encode_start,
    imports_before,
)

SCANS = Brought("scans", "a.csv", "aa", 4)
FAIR = Start("d1", "2026-03-01T00:00:00Z", True, "fair", (SCANS, Brought("cards", "b.csv", "bb", 2)))
SHOW = Start("d2", "2026-03-01T00:00:00Z", True, "show", (Brought("scans", "c.csv", "aa", 3),))
NOW = {"scans": ("now.csv", "aa")}


def test_a_file_is_known_by_its_bytes_and_not_by_its_name() -> None:
    assert brought_again([Earlier(5, FAIR)], "fair", NOW) == [Again("now.csv", 5, SCANS, "fair", True)]
    assert brought_again([Earlier(5, FAIR)], "fair", {"scans": ("a.csv", "ab")}) == []
    assert brought_again([], "fair", NOW) == []


def test_of_several_imports_the_last_one_counts_that_gave_its_facts_the_same_ids() -> None:
    earlier = [Earlier(5, SHOW), Earlier(6, FAIR), Earlier(7, FAIR), Earlier(8, SHOW)]
    assert [(each.at, each.same) for each in brought_again(earlier, "fair", NOW)] == [(7, True)]
    assert [(each.at, each.same) for each in brought_again(earlier, "other", NOW)] == [(8, False)]


def test_the_same_file_in_another_role_makes_other_facts() -> None:
    (found,) = brought_again([Earlier(5, FAIR)], "fair", {"cards": ("now.csv", "aa")})
    assert (found.before, found.same) == (SCANS, False)


async def test_imports_are_read_from_the_log_also_those_that_named_no_files() -> None:
    log = MemoryLog(clock=lambda: 77)
    await log.create_topics(topic_specs(2))
    old = b'{"digest":"d0","first":"2026-01-01T00:00:00Z"}'
    records = [
        (START_KEY + b"d0", old),
        (b"lead", b"{}"),
        (START_KEY + b"x", b"?"),
        (START_KEY + b"d1", encode_start(FAIR)),
    ]
    await log.append({(LEAD_INBOX, 0): [NewRecord(key, value) for key, value in records]})
    assert await imports_before(log) == [Earlier(77, Start("d0", "2026-01-01T00:00:00Z")), Earlier(77, FAIR)]


def test_a_start_is_written_the_same_for_all_time() -> None:
    told = (
        b'{"digest":"d2","files":[{"content":"aa","name":"c.csv","role":"scans","rows":3}],'
        b'"first":"2026-03-01T00:00:00Z","mapping":"show"}'
    )
    assert encode_start(SHOW) == told
    assert decode_start(told) == SHOW
