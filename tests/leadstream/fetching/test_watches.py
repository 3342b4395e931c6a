"""What is watched stays watched: renewed before it ends, made anew after it has, and no gap is left unread."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from events.instants import DAY, HOUR, SECOND
from leadstream.fetching import watches
from leadstream.fetching.configured import Feed
from leadstream.fetching.metrics import Metrics
from leadstream.fetching.port import Watched
from leadstream.fetching.worker import Worker
from leadstream.intake.sources import sources_of
from tests.leadstream.fetching.house import Death, Died, House
from tests.leadstream.fetching.scenarios import NOW, SCENARIOS, SECRETS
from tests.support.laws import examples
from tests.support.vendors.google import CALENDAR, FORM_ID, MAILBOX, Google
from tests.support.vendors.google_watches import TOPIC
from tests.support.vendors.graph import FOLDER, Graph
from tests.support.vendors.house import HOOK, SECRET, TROUBLES, Trouble

LISTS = [("mailbox", MAILBOX), ("form", FORM_ID), ("calendar", CALENDAR)]
FEED = Feed("gmail_history", MAILBOX)


def google(base: str, **more: Any) -> dict[str, Any]:
    return SCENARIOS["google"].table(base, **{"topic": TOPIC, "address": f"{base}{HOOK}", **more})


def graph(base: str, **more: Any) -> dict[str, Any]:
    return SCENARIOS["graph"].table(base, **{"address": f"{base}{HOOK}", **more})


def living(server: Google | Graph) -> list[list[str]]:
    """For each list the watches that announce it now."""
    if isinstance(server, Graph):
        return [server.watches.living(FOLDER)]
    return [server.watches.living(*each) for each in LISTS]


def refused(table: dict[str, Any]) -> str:
    """What is said of a way in that is not right."""
    _, (fault,) = sources_of({"there": table}, SECRETS.__getitem__, b"key")
    return str(fault)


async def followed(house: House, until: int, each_look: Callable[[], None] = lambda: None) -> None:
    """Fetchers one after the other, each until it dies, up to a time."""
    house.time.until, house.time.on_pause = until, each_look
    while house.time.now < until:
        try:
            await house.follow(look=3600.0)
        except* Died:
            pass


async def test_every_list_is_watched_before_it_is_read() -> None:
    server = Google(NOW, 2)
    async with server.serving() as base:
        house = House(server, google(base))
        assert (await house.once()).failed == {}
    assert [len(each) for each in living(server)] == [1, 1, 1]
    paths = [path.partition("?")[0] for _, path in server.asked]
    assert max(place for place, path in enumerate(paths) if "watch" in path) < min(
        place for place, path in enumerate(paths) if path.endswith(("/responses", "/profile", "/events"))
    )


@pytest.mark.parametrize(("table", "make"), [(google, Google), (graph, Graph)], ids=["google", "graph"])
async def test_for_months_there_is_a_watch_at_every_moment_and_it_is_renewed_once_in_half_a_life(
    table: Callable[[str], dict[str, Any]], make: Callable[[int, int], Google | Graph]
) -> None:
    server = make(NOW, 1)
    counts = list[list[int]]()
    async with server.serving() as base:
        house = House(server, {**table(base), "fetch": {**table(base)["fetch"], "every": 86_400}})
        await followed(house, NOW + 60 * DAY, lambda: counts.append([len(each) for each in living(server)]))
    assert all(count == 1 for each in counts for count in each), "one for each list, and no other"
    assert len(counts) > 1000
    asked = [path for method, path in server.asked if "watch" in path or "subscriptions" in path if method != "GET"]
    lifetimes = 60 / (7 if make is Google else 4230 / 1440)
    lists = len(living(server))
    assert lists * lifetimes <= len(asked) <= lists * (lifetimes * 4 + 3)


@pytest.mark.parametrize(("table", "make"), [(google, Google), (graph, Graph)], ids=["google", "graph"])
async def test_what_happened_while_nobody_watched_is_read_as_soon_as_the_watch_is_made_anew(
    table: Callable[..., dict[str, Any]], make: Callable[[int, int], Google | Graph]
) -> None:
    server = make(NOW, 2)
    async with server.serving() as base:
        house = House(server, table(base, every=86_400))
        await house.once()
        await house.time.pause(10 * 86_400)
        assert living(server) == [[]] * len(living(server))
        server.change()
        assert (await house.once()).failed == {}
        assert [len(each) for each in living(server)] == [1] * len(living(server))
        assert {subject for subject, _ in await house.facts()} >= server.everybody()


async def test_a_fetcher_that_lives_reads_a_list_as_soon_as_it_is_watched_again_and_not_when_its_day_is_over() -> None:
    """No watch is renewed for a week and more. Right after a daily reading something happens, and rights come back."""
    server = Google(NOW, 1)
    async with server.serving() as base:
        house = House(server, google(base, every=86_400, feeds=[f"google_form_responses:{FORM_ID}"]))
        read = list[int]()

        def look() -> None:
            read.append(sum("/responses" in path for _, path in server.asked))
            server.watches.refusing = server.watches.refusing or house.time.now > NOW + DAY
            if house.time.now > NOW + 8 * DAY and len(read) > 1 and read[-1] > read[-2]:
                assert living(server)[1] == []
                server.change()
                server.watches.refusing = False
                house.time.on_pause = lambda: None
                house.time.until = house.time.now + 3 * HOUR

        house.time.until, house.time.on_pause = NOW + 20 * DAY, look
        with contextlib.suppress(Died):
            await house.follow(look=1800.0)
        assert house.time.now < NOW + 10 * DAY, "rights came back"
        assert len(living(server)[1]) == 1
        assert {subject for subject, _ in await house.facts()} >= server.everybody()


async def test_a_watch_that_somebody_made_by_hand_goes_on() -> None:
    server = Google(NOW, 1)
    async with server.serving() as base:
        house = House(server, google(base))
        await house.once()
        by_hand = living(server)[1]
        other = House(server, google(base))
        await other.time.pause(1)
        assert (await other.once()).failed == {}
        assert living(server)[1] == by_hand


async def test_a_renewal_that_is_refused_is_told_and_tried_again_while_lists_are_read() -> None:
    server = Google(NOW, 2)
    async with server.serving() as base:
        house = House(server, google(base))
        await house.once()
        server.watches.refusing = True
        await house.time.pause(5 * 86_400)
        server.change()
        worker = await house.once()
        assert sorted(worker.failed) == [
            f"the watch of gmail_history:{MAILBOX}", f"the watch of google_calendar_events:{CALENDAR}",
            f"the watch of google_form_responses:{FORM_ID}",
        ]  # fmt: skip
        assert "the watch of google_form_responses cannot be renewed: the watch of the form: 403 PERMISSION_DENIED" in (
            house.told
        )
        assert {subject for subject, _ in await house.facts()} >= server.everybody()
        server.watches.refusing = False
        await house.time.pause(3600)
        assert (await house.once()).failed == {}
        assert [len(each) for each in living(server)] == [1, 1, 1]


@pytest.mark.parametrize("death", ["before", "after"])
async def test_who_dies_around_the_writing_down_of_a_watch_leaves_at_most_channels_that_end_by_themselves(
    death: Death,
) -> None:
    for make, table in ((Google, google), (Graph, graph)):
        server = make(NOW, 1)
        async with server.serving() as base:
            house = House(server, table(base), deaths=deque([death, None, death, None, death]))
            await house.until_done()
        found = living(server)
        assert [len(each) for each in found[:2]] == [1] * len(found[:2]), "asked for again, and the same or instead"
        assert all(1 <= len(each) <= 2 for each in found[2:])


async def test_a_subscription_that_was_removed_is_made_anew_and_the_folder_is_read() -> None:
    server = Graph(NOW, 2)
    async with server.serving() as base:
        house = House(server, graph(base, every=86_400))
        await house.once()
        ((name,),) = living(server)
        server.watches.remove(name)
        server.change()
        said = {"value": [{"subscriptionId": name, "clientState": "x", "lifecycleEvent": "subscriptionRemoved"}]}
        (hook, *_) = SCENARIOS["graph"].hooks("there")
        await house.announced([structs.replace(hook, body=json.dumps(said).encode())])
        assert (await house.once()).failed == {}
        ((anew,),) = living(server)
        assert anew != name
        assert house.told == [], "nobody has to do anything"
        assert {subject for subject, _ in await house.facts()} >= server.everybody()


async def test_a_subscription_that_is_none_of_ours_is_told_when_it_is_removed() -> None:
    server = Graph(NOW, 1)
    async with server.serving() as base:
        house = House(server, graph(base))
        said = {"value": [{"subscriptionId": "by-hand", "clientState": "x", "lifecycleEvent": "subscriptionRemoved"}]}
        (hook, *_) = SCENARIOS["graph"].hooks("there")
        await house.announced([structs.replace(hook, body=json.dumps(said).encode())])
        await house.once()
    assert house.told == ["the subscription by-hand of Graph was removed and has to be made anew"]


async def test_another_address_or_topic_takes_the_place_of_the_former() -> None:
    server = Google(NOW, 1)
    async with server.serving() as base:
        house = House(server, google(base))
        await house.once()
        before = living(server)
        house.table = google(base, topic=f"{TOPIC}-new", address=f"{base}/elsewhere{HOOK}")
        assert (await house.once()).failed == {}
    found = [[server.watches.made[name].to for name in each] for each in living(server)]
    assert found == [[f"{TOPIC}-new"], [f"{TOPIC}-new"], [f"{base}/elsewhere{HOOK}"]]
    assert living(server)[2] != before[2]


async def test_a_view_of_a_calendar_is_watched_by_its_events() -> None:
    server = Graph(NOW, 0)
    async with server.serving() as base:
        house = House(server, graph(base, feeds=["graph_changes:users/ada@example.com/calendarView"]))
        await house.once()
    assert server.watches.living("users/ada@example.com/events")


async def test_metrics_say_when_watches_end_and_which_lists_are_not_watched() -> None:
    server = Google(NOW, 2)
    async with server.serving() as base:
        house = House(server, google(base))
        worker = await house.once()
        assert shown(worker)["leadstream_fetch_watch_ends_seconds there gmail_history"] == (NOW + 7 * DAY) // SECOND
        assert shown(worker)["leadstream_fetch_unwatched there"] == 0
        server.watches.refusing = True
        await house.time.pause(8 * 86_400)
        found = shown(await house.once())
    assert (found["leadstream_fetch_unwatched there"], found["leadstream_fetch_failing there"]) == (3, 3)
    assert not any(MAILBOX in name for name in found)


def shown(worker: Worker) -> dict[str, float]:
    """Metrics by name and labels."""
    samples = [sample for family in Metrics(lambda: [worker]).collect() for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


async def test_without_topic_and_address_nothing_is_watched() -> None:
    server = Google(NOW, 1)
    async with server.serving() as base:
        await House(server, SCENARIOS["google"].table(base)).once()
    assert server.watches.made == {}


async def test_the_secret_that_a_watch_is_made_with_is_in_no_log() -> None:
    for make, table in ((Google, google), (Graph, graph)):
        server = make(NOW, 1)
        async with server.serving() as base:
            house = House(server, table(base))
            await house.once()
        assert living(server)
        assert not any(SECRET.encode() in each for each in await house.everything_written())


@pytest.mark.parametrize(
    ("fetch", "reason"),
    [
        ({"topic": "changes"}, "fetch.topic: expected projects/PROJECT/topics/TOPIC, got 'changes'"),
        ({"address": "http://leads.example.com/v1/hooks/there"}, "fetch.address: expected an address"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(fetch: dict[str, str], reason: str) -> None:
    assert reason in refused(SCENARIOS["google"].table("http://localhost", **fetch))


def test_a_topic_is_nothing_to_a_vendor_that_announces_by_address_alone() -> None:
    said = refused(graph("http://localhost", topic=TOPIC))
    assert said == "[sources.there] fetch.topic: nothing of microsoft_graph is watched by it"


@given(now=st.integers(NOW, NOW + 1000 * DAY), life=st.integers(0, 8 * DAY), source=st.text(max_size=8))
def test_a_watch_is_due_in_the_second_half_of_its_life_and_always_at_the_same_time(
    now: int, life: int, source: str
) -> None:
    watched = Watched(until=now + life)
    due = watches.due(source, FEED, watched, now)
    assert due == watches.due(source, FEED, watched, now)
    assert due - now >= 60 * SECOND
    if life >= HOUR:
        assert life // 2 <= due - now <= life * 7 // 10


def test_watches_that_were_made_together_are_not_renewed_together() -> None:
    found = sorted(watches.due("there", Feed("gmail_history", f"{n}@example.com"), Watched(until=NOW + 7 * DAY), NOW)
                   for n in range(200))  # fmt: skip
    assert found[-1] - found[0] > DAY
    assert max(later - earlier for earlier, later in pairwise(found)) < DAY // 4


_PASSING: tuple[Trouble, ...] = tuple(each for each in TROUBLES if each not in ("change", "forget"))


@pytest.mark.slow
@pytest.mark.parametrize("vendor", ["google", "graph"])
@given(
    troubles=st.lists(st.one_of(st.none(), st.sampled_from(_PASSING)), max_size=40),
    deaths=st.lists(st.sampled_from([None, None, "before", "after"]), max_size=20),
)
@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_through_failures_and_deaths_everything_is_watched_all_the_time(
    vendor: str, troubles: list[Trouble | None], deaths: list[Death | None]
) -> None:
    asyncio.run(_watched_all_the_time(vendor, troubles, deaths))


async def _watched_all_the_time(vendor: str, troubles: list[Trouble | None], deaths: list[Death | None]) -> None:
    server = Google(NOW, 1) if vendor == "google" else Graph(NOW, 1)
    table = google if vendor == "google" else graph
    async with server.serving() as base:
        house = House(server, table(base, every=86_400))
        await house.once()
        house.deaths.extend(deaths)
        server.troubles.extend(troubles)
        unwatched = list[int]()

        def look() -> None:
            if not all(living(server)):
                unwatched.append(house.time.now)

        await followed(house, NOW + 15 * DAY, look)
    assert unwatched == []
