from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.pipeline.deal import (
    AMENDED,
    LINE,
    LINE_GONE,
    LOST,
    NOTHING,
    OPENED,
    REOPENED,
    STAGE,
    TURNS,
    WON,
    Deal,
    Step,
    applied,
)
from projections.pipeline.history import as_of, known_at, path, versions
from tests.projections.pipeline.dealing import day, history, lives, opened, step
from tests.support.laws import examples


def priced(steps: Sequence[Step]) -> list[Step]:
    """Each word with amount and currency together: of what it leaves open, what was known to be so when it was told."""
    found = list[Step]()
    for each in steps:
        begins = [early.at for early in found if early.kind == OPENED]
        at = min(begins) if each.kind == OPENED and begins else each.at
        if each.kind != LINE and ("amount_minor" in each.told) != ("currency" in each.told):
            was = naive(tuple(found), at, each.recorded)
            told = {"amount_minor": was.amount_minor, "currency": was.currency} | each.told
            found.append(Step(each.at, each.recorded, each.kind, told))
        else:
            found.append(each)
    return found


def naive(steps: Sequence[Step], at: int, known: int) -> Deal:
    """The log read from the beginning: only what was recorded by then, in the order of what happened."""
    heard = [each for each in steps if each.recorded <= known]
    begins = min((each.at for each in heard if each.kind == OPENED), default=0)
    times = [begins if each.kind == OPENED else each.at for each in heard]
    for place, each in enumerate(heard):  # what was said to be so from the beginning moves with the beginning
        before = min((early.at for early in heard[:place] if early.kind == OPENED), default=None)
        if each.at == before and each.kind not in TURNS:  # it was closed when it was
            times[place] = begins
    for place, each in enumerate(heard):  # nothing is removed before it was added, nor added again before that
        if each.kind in (LINE, LINE_GONE):
            of_line = [n for n in range(place + 1) if heard[n].told.get("line") == each.told["line"]]
            times[place] = max(times[n] for n in of_line)
    deal = NOTHING
    for happened, each in sorted(zip(times, heard, strict=True), key=lambda pair: pair[0]):
        if happened <= at:
            deal = applied(deal, each.kind, each.told, happened)
    return deal


@settings(max_examples=examples(200))
@given(lives(), st.integers(-400, 300), st.integers(-400, 300))
def test_any_past_day_is_what_a_fold_of_the_log_says(steps: tuple[Step, ...], at: int, known: int) -> None:
    made, said = list(versions(history(*steps))), priced(steps)
    assert as_of(known_at(made, day(known)), day(at)) == naive(said, day(at), day(known))
    assert as_of(known_at(made), day(at)) == naive(said, day(at), day(10_000))


@settings(max_examples=examples(100))
@given(lives())
def test_versions_share_no_instant_on_both_axes(steps: tuple[Step, ...]) -> None:
    made = list(versions(history(*steps)))
    assert len({(each.valid_from, each.known_from) for each in made}) == len(made)
    for each in made:
        assert each.valid_to is None or each.valid_from < each.valid_to
        assert each.known_to is None or each.known_from < each.known_to


@settings(max_examples=examples(100))
@given(lives())
def test_what_was_known_once_is_closed_and_never_changed(steps: tuple[Step, ...]) -> None:
    made = history()
    for each in steps:
        before, made = made, history(*made.steps, each)
        after = {(v.valid_from, v.known_from): v for v in versions(made)}
        for old in versions(before):
            if old.known_from < each.recorded:
                new = after[old.valid_from, old.known_from]
                assert (new.valid_to, new.deal) == (old.valid_to, old.deal)
                assert new.known_to == old.known_to or (old.known_to, new.known_to) == (None, each.recorded)


@settings(max_examples=examples(60))
@given(lives(), st.integers(-400, 0), st.integers(0, 300))
def test_the_path_is_what_was_known_at_each_instant(steps: tuple[Step, ...], begin: int, end: int) -> None:
    made = list(versions(history(*steps)))
    walked = path(made, day(begin), day(end))
    assert walked[0][0] == day(begin)
    for number in range(begin, end + 1, 7):
        at = day(number)
        assert [deal for since, deal in walked if since <= at][-1] == as_of(known_at(made, at), at)


def test_a_fact_told_late_corrects_what_was_so_and_not_what_was_known() -> None:
    made = list(versions(history(opened(0, 100), step(AMENDED, 2, 10, amount_minor=300))))
    assert as_of(known_at(made, day(5)), day(5)).amount_minor == 100
    assert as_of(known_at(made, day(10)), day(5)).amount_minor == 300
    assert as_of(known_at(made), day(1)).amount_minor == 100


def test_no_late_word_about_the_currency_gives_a_later_amount_another_one() -> None:
    found = history(opened(0), step(AMENDED, 5, amount_minor=7), step(AMENDED, 2, 9, currency="USD")).now
    assert [(each.valid_from, each.deal.amount_minor, each.deal.currency) for each in found] == [
        (day(0), 100, "EUR"), (day(2), 100, "USD"), (day(5), 7, "EUR"),
    ]  # fmt: skip
    early = history(step(OPENED, 3, currency="EUR"), step(AMENDED, 1, 4, amount_minor=9, currency="USD")).now
    assert (early[-1].deal.amount_minor, early[-1].deal.currency) == (0, "EUR")


def test_a_line_that_was_removed_and_is_added_again_late_is_there_from_the_removal_on() -> None:
    life = [opened(0), step(LINE, 1, line="x", product="app", amount_minor=7), step(LINE_GONE, 9, line="x")]
    again = step(LINE, 5, 10, line="x", product="app", amount_minor=8)
    found = history(*life, again).now
    assert [(each.valid_from, [line.amount_minor for line in each.deal.lines]) for each in found] == [
        (day(0), []), (day(1), [7]), (day(9), [8]),
    ]  # fmt: skip


def test_an_opportunity_opened_twice_was_opened_at_the_earlier_instant_and_is_what_the_second_says() -> None:
    found = history(opened(5, 100, region="north"), opened(3, 200, recorded=6)).now
    assert [(each.valid_from, each.deal.amount_minor, each.deal.region) for each in found] == [(day(3), 200, "north")]
    assert found[0].deal.opened_at == day(3)


def test_no_edit_restarts_the_age_of_a_stage() -> None:
    life = [opened(0), step(STAGE, 4, stage="proposal")]
    edits = [
        step(AMENDED, 6, amount_minor=7, close_date="2026-05-01", owner="ben", next_step="call"),
        step("line", 7, line="1", product="suite", amount_minor=9),
        step("contact", 8, contact="mia"),
        step(STAGE, 9, stage="proposal", forecast="commit"),
    ]
    for count in range(len(edits) + 1):
        assert history(*life, *edits[:count]).now[-1].deal.stage_since == day(4)


def test_a_reopened_one_enters_its_stage_again() -> None:
    now = history(opened(0), step(LOST, 3, reason="price"), step(REOPENED, 9)).now[-1].deal
    assert (now.status, now.stage_since, now.closed_at, now.reason, now.reopened) == ("open", day(9), None, "", 1)


def test_of_two_closings_the_second_says_how_and_when() -> None:
    now = history(opened(0), step(LOST, 3, reason="price"), step(WON, 5)).now[-1].deal
    assert (now.status, now.closed_at) == ("won", day(5))
