"""However long a lead's story is, its base rows fit into records, and where they are cut changes nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.drain import drain
from engine.host import Program
from engine.state import POSITION, unpack
from events.envelope import Envelope
from events.lead import LeadCaptured, LeadConverted
from events.life import LeadConsentChanged, LeadUnconverted
from events.topics import VIEW_STATE
from projections.catalogue import OF_LEADS
from projections.parts import PART_BYTES, part_key, split
from projections.progress import LogWriter
from projections.verify import verify_views
from projections.worker import PartOfRows, ViewsProcessor, shapes_of
from tests.projections.given import told
from tests.projections.house import CODEC, House, house
from tests.projections.strategies import histories
from tests.support.laws import examples

SHAPES = shapes_of(OF_LEADS)
OVERHEAD = 40
"""Bytes of a part that are not its piece: the instant in front, tag, count, lengths."""


async def projected(facts: list[Envelope], longest: int, limit: int = 5000) -> House:
    built = await house()
    await built.write(*facts)
    await project(built, longest, limit)
    return built


async def project(built: House, longest: int, limit: int = 5000) -> None:
    writer = LogWriter(built.log, OF_LEADS)
    program = Program(SHAPES.group, 1, lambda partition: ViewsProcessor(SHAPES, partition, writer, CODEC, longest))
    await drain(built.log, program, limit=limit)


def states(built: House) -> dict[bytes, bytes]:
    return {key: raw for key, raw in built.log.disk.partition(VIEW_STATE, 0).fold().items() if key != POSITION}


@given(raw=st.binary(max_size=60), longest=st.integers(1, 20))
def test_parts_are_short_and_together_they_are_the_whole(raw: bytes, longest: int) -> None:
    parts = split(raw, longest)
    assert b"".join(parts) == raw
    assert all(0 < len(part) <= longest for part in parts)


@given(subject=st.text(min_size=1, max_size=8), other=st.text(min_size=1, max_size=8), number=st.integers(0, 300))
def test_no_part_of_a_lead_lies_where_something_else_is_kept(subject: str, other: str, number: int) -> None:
    mine, whole = part_key(b"s" + subject.encode(), number), b"s" + other.encode()
    assert (mine == whole) == (number == 0 and subject == other)
    assert mine[:1] in (b"s", b"m")


@settings(deadline=None, max_examples=examples(25))
@given(facts=histories(), longest=st.sampled_from([1, 30, 200]), limit=st.integers(1, 12))
async def test_views_made_from_parts_are_those_that_the_facts_say(
    facts: list[Envelope], longest: int, limit: int
) -> None:
    built = await projected(facts, longest, limit)
    assert (await verify_views(built.log, 1)).differences == []
    leads = {key: raw for key, raw in states(built).items() if key[:1] in (b"s", b"m")}
    assert all(len(raw) <= longest + OVERHEAD for raw in leads.values())


@settings(deadline=None, max_examples=examples(25))
@given(facts=histories(), cut=st.integers(0, 40))
async def test_what_was_kept_in_parts_is_made_whole_by_a_task_that_takes_more_and_no_part_stays(
    facts: list[Envelope], cut: int
) -> None:
    built = await projected(facts[:cut], longest=30)
    await built.write(*facts[cut:])
    await project(built, PART_BYTES)
    assert (await verify_views(built.log, 1)).differences == []
    known, load = states(built), ViewsProcessor(SHAPES, 0, LogWriter(built.log, OF_LEADS), CODEC).load
    for key in [key for key in known if key[:1] == b"s"]:
        state = load(unpack(known[key])[1])
        others = state.parts - 1 if isinstance(state, PartOfRows) else 0
        assert sum(each[:1] == b"m" and each[5:] == key for each in known) == others


async def test_conversions_without_end_stop_no_projection() -> None:
    text = "b" * 4000
    facts = [told(LeadCaptured(source="web"))]
    for n in range(130):
        facts.append(told(LeadConverted(by=text, group=f"g{n}", account="a"), 2))
        facts.append(told(LeadUnconverted(by=text, reason=text), 3))
    built = await house()
    await built.write(*facts)
    await built.project()
    assert (await verify_views(built.log, 1)).differences == []
    sizes = [len(raw) for raw in states(built).values()]
    assert max(sizes) <= PART_BYTES + OVERHEAD
    assert sum(sizes) > 1_000_000


async def test_parts_that_are_as_they_were_are_not_written_again() -> None:
    facts = [told(LeadCaptured(source="web"))]
    facts += [told(LeadConverted(by=f"{n:03}" * 60, account=f"a{n}"), 2) for n in range(20)]
    built = await projected(facts, longest=100)
    parts = [key for key in states(built) if key[:1] == b"m"]
    before = await built.log.ends(VIEW_STATE)
    await built.write(told(LeadConsentChanged(purpose="news", granted=True, basis="consent"), 3))
    await project(built, longest=100)
    written = (await built.log.read(VIEW_STATE, 0, before[0])).records
    assert 0 < sum((record.key or b"")[:1] in (b"s", b"m") for record in written) < len(parts) // 2
