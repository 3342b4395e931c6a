"""A conversion that the leads have decided and the opportunities have not heard of yet keeps its instant open."""

from collections.abc import Sequence

import pytest

from engine.drain import drain
from engine.host import Program
from events.instants import to_us
from events.lead import LeadConverted
from leadstream.councils.convening import NotFinal, convening, held_back
from streams.programs import ACCOUNTS, DEALS, LEADS, speaking_programs
from tests.leadstream.councils.desk import Desk, instant
from tests.leadstream.councils.test_councils import selling

CONVERTED = LeadConverted(account="acme", opportunity="crm-9", amount_minor=700_00, currency="EUR")
NOON, LATER = "2026-02-16 12:00", "2026-02-16 13:00"


def programs(desk: Desk, *, but: Sequence[str] = (), only: Sequence[str] = ()) -> list[Program]:
    return [
        each for each in speaking_programs(desk.log, desk.partitions, desk.wall).all
        if each.group.name not in but and (not only or each.group.name in only)
    ]  # fmt: skip


async def pass_by(desk: Desk, to: str, groups: Sequence[Program]) -> None:
    """Some groups decide what is there and let time pass, while the others stand still."""
    for each in groups:
        await drain(desk.log, each, until=instant(to))


async def under_way() -> Desk:
    """Everybody is past noon, leads the last, who have just decided a conversion of before."""
    desk = await selling()
    await desk.passes("2026-02-16 08:00")
    await pass_by(desk, LATER, programs(desk, but=[LEADS.name]))
    await desk.says("anna", CONVERTED, "2026-02-16 11:00")
    await pass_by(desk, LATER, programs(desk, only=[LEADS.name]))
    await desk.shows()
    return desk


async def test_no_instant_is_final_from_a_word_on_that_is_still_under_way() -> None:
    desk = await under_way()
    assert desk.rows("matrix")[0]["complete_to"] == "2026-02-16T13:00:00.000000Z"
    for at in (NOON, "2026-02-16 11:00"):
        with pytest.raises(NotFinal, match=r"is not final: deals-\d has not come to 1 record of opportunity-inbox-\d"):
            desk.matrix(at)
    before = desk.matrix("2026-02-16 10:59")
    await pass_by(desk, LATER, programs(desk, only=[DEALS.name]))
    await desk.shows()
    with pytest.raises(NotFinal, match=r"accounts-\d has not come to 1 record of account-inbox-\d"):
        desk.matrix(NOON)  # the opportunity has told its account who owns it, and an account may tell leads
    await pass_by(desk, LATER, programs(desk, only=[ACCOUNTS.name]))
    await desk.shows()
    assert desk.matrix("2026-02-16 10:59").cells == before.cells
    generated = [cell.amount_minor for cell in desk.matrix(NOON).cells if cell.measure == "pipe_generation"]
    assert generated == [300_00 + 700_00]


async def test_where_no_instant_is_named_the_last_final_one_is_frozen_and_it_is_known_what_holds_later_ones() -> None:
    desk = await under_way()
    asked = convening(desk.store, desk.known, by="Ines", known_at=None, quarter=None, cut_by=())
    assert (to_us(asked.known_at), to_us(asked.complete_to)) == (desk.known.before - 1, desk.known.before)
    assert "opportunity-inbox" in held_back(desk.store, desk.known)
    await desk.passes(LATER)
    assert held_back(desk.store, desk.known) == ""


async def test_a_word_that_is_decided_and_not_shown_keeps_its_instant_open_too() -> None:
    desk = await under_way()
    known = desk.known.before
    await pass_by(desk, LATER, programs(desk, only=[DEALS.name]))
    await desk.shows_nothing_new()
    assert desk.known.before == known == instant("2026-02-16 11:00")
    with pytest.raises(NotFinal, match=r"opportunity-views-\d has not come to \d records? of opportunity-events-\d"):
        desk.matrix(NOON)
