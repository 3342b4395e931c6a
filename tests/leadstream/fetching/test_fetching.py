"""What is read when, what a person is told, and what becomes of what cannot be read."""

import json

import pytest
from msgspec import structs

from engine.errors import Fenced
from leadstream.fetching.client import Patience
from leadstream.fetching.fetcher import GROUP
from leadstream.intake.replaying import Wish, kept_requests, translated
from tests.leadstream.fetching.house import PARTITIONS, House
from tests.leadstream.fetching.scenarios import NOW, SCENARIOS, Scenario
from tests.support.vendors import graph, hubspot, linkedin, zoom
from tests.support.vendors.house import CLIENT, REFRESH, SECRET, VendorServer


def named(scenario: Scenario, **fetch: object) -> Scenario:
    return Scenario(scenario.make, scenario.connector, {**scenario.fetch, **fetch}, scenario.announced)


async def test_contacts_that_were_announced_are_read_all_at_once_and_those_that_are_gone_are_told() -> None:
    scenario, server = named(SCENARIOS["hubspot"], feeds=[]), hubspot.HubSpot(NOW, 5)
    async with server.serving() as base:
        house = House(server, scenario.table(base))
        await house.announced(scenario.hooks("there"))
        worker = await house.once()
    batch = "/crm/v3/objects/contacts/batch/read"
    assert [path.partition("?")[0] for _, path in server.asked] == [batch, "/crm/v3/objects/deals/900"]
    assert worker.missing == 2, "a contact, and the deal"
    assert (worker.pages, worker.failed) == (1, {})


async def test_what_was_read_is_not_read_again_and_an_idle_list_adds_nothing() -> None:
    scenario, server = SCENARIOS["linkedin"], linkedin.LinkedIn(NOW, 4)
    async with server.serving() as base:
        house = House(server, scenario.table(base))
        await house.announced(scenario.hooks("there"))
        await house.once()
        kept, asked = await house.pages(), len(server.asked)
        worker = await house.once()
        assert (worker.pages, await house.pages()) == (0, kept)
        assert [path.partition("?")[0] for _, path in server.asked[asked:]] == ["/rest/leadFormResponses"] * 2


async def test_a_notification_that_comes_again_later_is_read_again() -> None:
    scenario, server = named(SCENARIOS["graph"], feeds=[]), graph.Graph(NOW, 2)
    async with server.serving() as base:
        house = House(server, scenario.table(base))
        await house.announced(scenario.hooks("there")[:1])
        await house.once()
        server.put("AAMk0000", NOW, jobTitle="CTO")
        later = [structs.replace(hook, received_at=NOW + 1) for hook in scenario.hooks("there")[:1]]
        await house.announced(later)
        assert (await house.once()).pages == 1
        assert any(b"CTO" in body for body in await house.pages())


async def test_what_was_announced_before_fetching_was_set_up_is_fetched() -> None:
    scenario, server = SCENARIOS["salesforce"], SCENARIOS["salesforce"].make(2)
    async with server.serving() as base:
        table = scenario.table(base)
        without = House(server, {name: value for name, value in table.items() if name != "fetch"})
        await without.announced(scenario.hooks("there"))
        house = House(server, {**table, "fetch": {**table["fetch"], "feeds": []}})
        house.disk = without.disk
        assert (await house.once()).pages == 1


async def test_a_thing_that_is_refused_waits_and_the_others_go_on() -> None:
    scenario, server = SCENARIOS["hubspot"], hubspot.HubSpot(NOW, 3)
    said = [{"portalId": 1, "occurredAt": 1772442600000, "subscriptionType": "contact.creation", "objectId": each}
            for each in ("101", "no-number", "102")]  # fmt: skip
    async with server.serving() as base:
        house = House(server, named(scenario, feeds=[]).table(base))
        (hook, *_) = scenario.hooks("there")
        await house.announced([structs.replace(hook, body=json.dumps(said).encode())])
        worker = await house.once()
        assert worker.failed == {"contact:no-number": "the contacts: 400 VALIDATION_ERROR"}
        assert {subject for subject, _ in await house.facts()} >= {"hubspot.4737818:101", "hubspot.4737818:102"}
        assert house.told == ["contact cannot be read: the contacts: 400 VALIDATION_ERROR"]


async def test_credentials_that_are_not_taken_are_told_without_them() -> None:
    scenario, server = SCENARIOS["zoom"], zoom.Zoom(NOW, 2)
    async with server.serving() as base:
        house = House(server, named(scenario, account="another").table(base))
        worker = await house.once()
    (said,) = set(worker.failed.values())
    assert said == (
        "no token is given: the request for a token: 400 invalid_grant; see to the credentials of this way in"
    )
    assert house.told == [said]
    assert not any(secret in said for secret in (CLIENT, SECRET, REFRESH))


async def test_a_token_is_got_once_and_renewed_before_it_ends() -> None:
    scenario, server = SCENARIOS["zoom"], zoom.Zoom(NOW, 8)
    server.lasts = 100
    async with server.serving() as base:
        house = House(server, scenario.table(base))
        await house.once()
        assert (server.tokens, server.refused) == (1, [])


@pytest.mark.parametrize(("trouble", "seconds"), [("limit", 3.0), ("limit-date", 5.0), ("outage-after", 7.0)])
async def test_the_pause_that_a_vendor_asks_for_is_kept(trouble: str, seconds: float) -> None:
    scenario, server = SCENARIOS["zoom"], zoom.Zoom(NOW, 2)
    server.troubles.extend([None, trouble])  # type: ignore[list-item]
    async with server.serving() as base:
        house = House(server, scenario.table(base))
        await house.once()
    assert len(house.time.waits) == 1
    assert seconds <= house.time.waits[0] <= seconds + 1


async def test_pauses_double_and_end_and_the_page_is_read_next_time() -> None:
    scenario, server = SCENARIOS["zoom"], zoom.Zoom(NOW, 2)
    server.troubles.extend(["outage"] * 18)
    async with server.serving() as base:
        house = House(server, scenario.table(base), patience=Patience(attempts=6, first=1.0, longest=8.0))
        worker = await house.once()
        assert set(worker.failed.values()) == {"the vendor answers 500, 6 times"}
        waits = house.time.waits[:5]
        assert all(limit / 2 <= wait <= limit for wait, limit in zip(waits, (1, 2, 4, 8, 8), strict=True))
        server.troubles.clear()
        await house.time.pause(600)
        assert (await house.once()).pages == 1


async def test_a_page_that_is_too_large_is_asked_for_by_halves() -> None:
    scenario, server = SCENARIOS["zoom"], zoom.Zoom(NOW, 9)
    for each in server.registrants:
        each["comments"] = "x" * 400
    async with server.serving() as base:
        house = House(server, scenario.table(base, size=8), patience=Patience(largest=2500))
        worker = await house.once()
        sizes = [path.partition("page_size=")[2][:1] for _, path in server.asked if "page_size=" in path]
        assert sizes[:2] == ["8", "4"]
        assert set(sizes[1:]) == {"4"}
        assert (worker.failed, len({subject for subject, _ in await house.facts()})) == ({}, 9)


async def test_a_link_to_another_host_never_gets_our_token() -> None:
    scenario, server = SCENARIOS["graph"], graph.Graph(NOW, 5)

    class Elsewhere(graph.Graph):
        pass

    other = Elsewhere(NOW, 0)
    async with server.serving() as base, other.serving() as elsewhere:
        server.link_base = elsewhere
        house = House(server, named(scenario).table(base))
        worker = await house.once()
    assert "which is not" in worker.failed[f"graph_changes:{graph.FOLDER}"]
    assert other.asked == []
    assert other.refused == []


async def test_a_second_fetcher_takes_the_place_of_the_first() -> None:
    scenario, server = SCENARIOS["zoom"], zoom.Zoom(NOW, 2)
    async with server.serving() as base:
        house = House(server, scenario.table(base))

        def taken_over() -> None:
            server.on_request = lambda: None
            house.disk.lease(GROUP.name, 0).epoch += 1

        server.on_request = taken_over
        with pytest.raises(Fenced):
            await house.once()
        assert not await house.pages()


async def test_a_registration_that_zoom_has_sent_and_lists_is_told_once() -> None:
    server = zoom.Zoom(NOW, 1)
    (registrant,) = server.registrants
    about = {"id": zoom.WEBINAR, "uuid": "another/one==", "topic": "Scoring", "registrant": registrant}
    sent = {"event": "webinar.registration_created", "event_ts": NOW // 1000, "payload": {"object": about}}
    async with server.serving() as base:
        house = House(server, SCENARIOS["zoom"].table(base))
        (hook,) = Scenario(zoom.Zoom, "zoom", {}, (json.dumps(sent).encode(),)).hooks("there")  # type: ignore[arg-type]
        await house.announced([hook])
        before = (await house.facts()).keys()
        assert (await house.once()).pages == 1
        assert (await house.facts()).keys() == before


@pytest.mark.parametrize("vendor", sorted(SCENARIOS))
async def test_a_page_that_is_kept_says_the_same_when_it_is_translated_again(vendor: str) -> None:
    scenario = SCENARIOS[vendor]
    server = scenario.make(5)
    async with server.serving() as base:
        house = House(server, scenario.table(base))
        await house.once()
        if not scenario.fetch.get("feeds"):
            return
        log, told = await house.log(), set[tuple[str, str]]()
        async for kept in kept_requests(log, PARTITIONS, Wish()):
            found = translated(kept.raw, {"there": house.source})
            assert found is not None
            told |= {(fact.subject, fact.id) for fact, _ in found.facts}
    assert told == (await house.facts()).keys()


async def test_a_list_whose_records_move_up_while_it_is_read_is_begun_anew() -> None:
    """The newest leads are deleted between two pages, and the list moves up by more than the overlap covers."""
    server = linkedin.LinkedIn(NOW, 24)
    async with server.serving() as base:
        house = House(server, named(SCENARIOS["linkedin"]).table(base, size=8))

        def moved_up() -> None:
            if len(server.asked) == 2:  # two pages are read, and the third is being asked for
                server.on_request = lambda: None
                for newest in sorted(server.leads)[-3:]:
                    del server.leads[newest]

        server.on_request = moved_up
        await house.once()
        assert {subject for subject, _ in await house.facts()} >= server.everybody()


async def test_of_many_contacts_that_were_changed_at_once_all_are_read() -> None:
    server = hubspot.HubSpot(NOW, 20, at_once=20)
    async with server.serving() as base:
        house = House(server, SCENARIOS["hubspot"].table(base))
        await house.once()
        assert {subject for subject, _ in await house.facts()} >= server.everybody()


async def test_a_contact_that_moves_to_the_end_of_a_list_makes_nobody_be_skipped() -> None:
    server = hubspot.HubSpot(NOW, 12)
    async with server.serving() as base:
        house = House(server, SCENARIOS["hubspot"].table(base))

        def changed() -> None:
            if len(server.asked) == 1:
                server.on_request = lambda: None
                server.put("101", NOW - 1)

        server.on_request = changed
        await house.once()
        assert {subject for subject, _ in await house.facts()} >= server.everybody()


@pytest.mark.parametrize("vendor", ["google", "graph", "salesforce", "zoom"])
@pytest.mark.parametrize("request_number", range(1, 9))
async def test_places_that_a_vendor_forgets_at_any_request_cost_nobody(vendor: str, request_number: int) -> None:
    server = SCENARIOS[vendor].make(8)
    async with server.serving() as base:
        house = House(server, SCENARIOS[vendor].table(base))
        await house.once()
        server.change()
        server.troubles.extend([*[None] * request_number, "forget"])
        await house.until_done()
        assert {subject for subject, _ in await house.facts()} >= server.everybody()


def test_no_secret_is_in_what_is_shown_of_a_way_in() -> None:
    server: VendorServer = zoom.Zoom(NOW, 0)
    shown = repr(House(server, SCENARIOS["hubspot"].table("http://localhost")).source.fetch)
    assert not any(secret in shown for secret in (SECRET, REFRESH))
