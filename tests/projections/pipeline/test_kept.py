from collections.abc import Iterable
from itertools import accumulate, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.folding import detail_changes
from projections.pipeline.blocks import block_of, blocks_at
from projections.pipeline.deal import NOTHING, Step
from projections.pipeline.history import held_first, known_at, path, versions
from projections.pipeline.kept import Kept, born, moved, over, standing, told
from projections.pipeline.moves import Move, moves, moves_of
from projections.pipeline.spells import spells, versions_of
from projections.views.opportunities import OPPORTUNITIES, OPPORTUNITY_BIRTHS
from projections.views.opportunity_history import OPPORTUNITY_HISTORY
from projections.views.opportunity_moves import OPPORTUNITY_MOVES
from tests.projections.pipeline.dealing import day, history, lives
from tests.support.laws import examples


def with_steps(steps: Iterable[Step]) -> Kept:
    """What is kept after steps, told in this order."""
    kept = Kept()
    for step in steps:
        kept = told(kept, step)
    return kept


@settings(max_examples=examples(200))
@given(lives())
def test_spells_are_the_versions_of_the_law(steps: tuple[Step, ...]) -> None:
    law, kept = list(versions(history(*steps))), with_steps(steps)
    found = [*over(kept), *standing(kept)]
    assert sorted(map(repr, versions_of(found))) == sorted(map(repr, law))
    assert sorted(map(repr, found)) == sorted(map(repr, spells(law))), "and as few rows as can say so"


@settings(max_examples=examples(150))
@given(lives() | lives(ahead=(1, 9)), st.lists(st.integers(0, 12), max_size=4))
def test_rows_written_after_each_batch_are_in_the_end_those_of_all_facts_at_once(
    steps: tuple[Step, ...], cuts: list[int]
) -> None:
    states = list(accumulate(steps, told, initial=Kept()))
    for view in (OPPORTUNITY_HISTORY, OPPORTUNITIES, OPPORTUNITY_BIRTHS, OPPORTUNITY_MOVES):
        changes, rows, begin = detail_changes(view), dict[bytes, bytes | None](), 0
        for end in sorted({*cuts, len(steps)} & set(range(len(steps) + 1))):
            before = states[begin] if begin else None
            written = changes("deal", before, states[end])
            assert changes("deal", before, states[end], states[begin + 1 : end]) == written, "whoever kept the way"
            rows.update(written)
            begin = end
        whole = dict(changes("deal", None, with_steps(steps)))
        assert {key: row for key, row in rows.items() if row is not None} == whole
        entries = view.entries(with_steps(steps))
        assert len(entries) == len(whole)


@settings(max_examples=examples(150))
@given(lives(), st.integers(-400, 300), st.integers(-400, 300))
def test_the_earliest_birth_that_is_known_is_the_first_version_with_an_amount(
    steps: tuple[Step, ...], at: int, known: int
) -> None:
    births = born(with_steps(steps))
    for limit in (day(known), None):
        first = held_first(versions(history(*steps)), day(at), limit)
        heard = [
            (birth.spell.valid_from, birth.spell.deal)
            for birth in births.values()
            if birth.spell.valid_from <= day(at)
            and (limit is None or birth.spell.known_from <= limit)
            and (birth.spell.known_to is None or (limit is not None and limit < birth.spell.known_to))
        ]
        assert min(heard, key=lambda each: each[0], default=None) == first
    assert all(birth.alone for birth in births.values()) is (len(births) < 2)


@settings(max_examples=examples(200))
@given(lives(), st.integers(-400, 300))
def test_moves_are_what_leads_from_each_version_to_the_next_that_was_known_with_it(
    steps: tuple[Step, ...], known: int
) -> None:
    told_of = moved(with_steps(steps))
    every = {place: each._replace(seen=None) for place, each in told_of.items() if each.known_to != place[1]}
    assert every == moves_of(versions(history(*steps))), "however they were told"
    for limit in (day(known), None):
        heard = [
            (at, each.move)
            for (at, since, _), each in sorted(every.items())
            if (limit is None or since <= limit)
            and (each.known_to is None or (limit is not None and limit < each.known_to))
        ]
        told = known_at(versions(history(*steps)), limit)
        ways = pairwise([NOTHING, *(each.deal for each in told)])
        law = [(each.valid_from, move) for each, way in zip(told, ways, strict=True) for move in moves(*way)]
        assert heard == law


@settings(max_examples=examples(300))
@given(lives() | lives(ahead=(1, 9)))
def test_moves_are_seen_as_what_was_known_at_each_instant_shows(steps: tuple[Step, ...]) -> None:
    every = list(versions(history(*steps)))
    way = path(every, day(-2000), day(2000)) if every else []
    law = [
        (at, list(moves(before, deal)))
        for (at, deal), before in zip(way, [NOTHING, *(deal for _, deal in way)], strict=False)
    ]
    found = dict[int, list[Move]]()
    for _, each in sorted(moved(with_steps(steps)).items()):
        if each.seen is not None:
            found.setdefault(each.seen, []).append(each.move)
    assert {at: ranked(change) for at, change in found.items()} == {at: ranked(change) for at, change in law if change}


def ranked(change: list[Move]) -> list[Move]:
    """With steps counted from 0, whether or not steps that move nothing lie between them."""
    steps = sorted({move.step for move in change})
    return [move._replace(step=steps.index(move.step)) for move in change]


def test_a_fact_in_order_looks_at_nothing_before_it() -> None:
    kept = with_steps(step for step in _in_order(3))
    assert told(kept, _in_order(4)[-1]).ended == ()
    assert over(with_steps(_in_order(4))) == list(over(with_steps(_in_order(3)))) + [
        each for each in over(with_steps(_in_order(4))) if each.valid_from == day(2)
    ]


def _in_order(count: int) -> list[Step]:
    return [Step(day(n), day(n), "opened" if n == 0 else "amended", {"amount_minor": n + 1}) for n in range(count)]


@given(st.integers(-(10**16), 10**17), st.integers(1, 10**16), st.integers(0, 10**16))
def test_a_span_lies_in_a_block_of_each_of_its_instants(begin: int, length: int, offset: int) -> None:
    assert block_of(begin, begin + length) in blocks_at(begin + offset % length)
    assert Kept() == with_steps(())
