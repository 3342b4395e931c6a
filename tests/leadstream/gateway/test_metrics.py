"""What a gateway counts is what happened to it, and every figure is explained."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine.errors import Unavailable
from engine.memory.log import MemoryLog
from engine.metrics import served
from engine.ports import NewRecord, TopicSpec
from leadstream.gateway.committing import GroupCommit
from leadstream.gateway.measures import OTHER, Measures, Spread, route_of
from leadstream.gateway.metrics import Metrics
from tests.leadstream.gateway.house import BATCH, House, body, event, gateway
from tests.leadstream.gateway.ways import sources
from tests.support.process import REPOSITORY

Found = dict[str, dict[tuple[str, ...], float]]
WAYS = {
    "contact": {"connector": "web_form", "public_key": "contact-2026", "rate": 4},
    "newsletter": {"connector": "mailchimp", "secret": "env:SECRET"},
}


def scraped(measures: Measures) -> Found:
    """What Prometheus would read, without our prefix: values by name and labels, in the order of their names."""
    with served(Metrics(measures), 0) as port, urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    found: Found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.name.removeprefix("leadstream_gateway_")
            found.setdefault(name, {})[tuple(sample.labels.values())] = sample.value
    return found


def of(house: House) -> Found:
    return scraped(house.measures)


async def test_events_are_counted_by_key_and_outcome_and_requests_by_route_and_status(house: House) -> None:
    own = house.key.split("_")[1]
    await house.post(body([event(1), event(2), event(1), event(3, source="/elsewhere")]), BATCH)
    await house.post(body(event(2)))
    await house.post(b"{")
    await house.client.post("/v1/events", content=b"{}")
    found = of(house)
    assert found["events_total"] == {(own, "accepted"): 2, (own, "duplicate"): 2, (own, "refused"): 2}
    assert found["requests_total"] == {
        ("/v1/events", "207"): 1, ("/v1/events", "202"): 1, ("/v1/events", "400"): 1, ("/v1/events", "401"): 1,
    }  # fmt: skip
    assert found["request_seconds_count"]["/v1/events",] == 4
    assert found["request_seconds_bucket"]["+Inf", "/v1/events"] == 4


async def test_an_append_is_counted_with_its_records_once_for_all_that_shared_it(house: House) -> None:
    await house.post(body([event(number) for number in range(30)]), BATCH)
    await house.post(body(event(99)))
    found = of(house)
    assert (found["commit_records_count"][()], found["commit_records_sum"][()]) == (2, 31)
    assert [found["commit_records_bucket"][bound,] for bound in ("1", "20", "50")] == [1, 1, 2]
    assert found["commit_seconds_count"][()] == 2
    assert (found["waiting_bytes"][()], found["waiting_seconds"][()]) == (0, 0)


async def test_requests_of_vendors_and_forms_are_counted_by_way_in(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=sources(WAYS)) as house:
        form = {"content-type": "application/x-www-form-urlencoded"}
        contact = "/v1/hooks/contact?key=contact-2026"
        for said in ("email=ann%40example.com&submission_id=1", "email=ann%40example.com&submission_id=1", "company=X"):
            await house.client.post(contact, content=said.encode(), headers=form)
        await house.client.post("/v1/hooks/contact?key=wrong", content=b"email=a", headers=form)
        for _ in range(6):
            await house.client.post(contact, content=b"email=eve%40example.com&_gotcha=x&submission_id=2", headers=form)
        found = of(house)
    assert found["hooks_total"] == {
        ("accepted", "contact"): 3, ("duplicate", "contact"): 5, ("refused", "contact"): 1,
    }  # fmt: skip
    assert found["facts_total"] == {("contact",): 2}
    assert found["dead_letters_total"] == {("nobody", "contact"): 1, ("automatic", "contact"): 1}
    assert found["rate_limited_total"] == {("source", "contact"): 1}
    assert found["requests_total"]["/v1/hooks/{source}", "429"] == 1


async def test_a_key_that_comes_too_often_is_counted_by_its_id(house: House) -> None:
    key = house.new_key("publish", rate=1)
    for number in range(4):
        await house.post(body(event(number)), authorization=f"Bearer {key}")
    assert of(house)["rate_limited_total"] == {("key", key.split("_")[1]): 2}


async def test_a_command_that_nobody_decides_in_time_is_counted_so(house: House) -> None:
    said = {"subject": "lead-1", "data": {"by": "Ines", "reason": "no_budget"}}
    await house.command("reject?wait=0", said)
    assert of(house)["commands_total"] == {("reject", "undecided"): 1}


async def test_questions_are_counted_too_and_paths_that_are_none_are_one_route(house: House) -> None:
    await house.get("/v1/leads/lead-1")
    await house.get("/v1/views/nonsense")
    for number in range(5):
        await house.get(f"/wp-admin/{number}.php")
    assert of(house)["requests_total"] == {
        ("/v1/leads/{id}", "404"): 1, ("/v1/views/{name}", "404"): 1, (OTHER, "404"): 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/events", "/v1/events"), ("/v1/events/", OTHER), ("/v1/hooks/a", "/v1/hooks/{source}"),
        ("/v1/hooks/", OTHER),
        ("/v1/leads/a/b", "/v1/leads/{id}"), ("/v1/answers/x", "/v1/answers/{id}"), ("/v1/views", "/v1/views"),
        ("/v1/commands/reject", "/v1/commands/{name}"), ("/v1/nothing/x", OTHER), ("/hooks/x", OTHER), ("", OTHER),
    ],
)  # fmt: skip
def test_a_path_has_one_of_our_routes(path: str, route: str) -> None:
    assert route_of(path) == route


def test_a_value_on_a_bound_belongs_to_its_class() -> None:
    spread = Spread((1, 10))
    for value in (1, 1.5, 10, 11):
        spread.note(value)
    assert spread.buckets() == [("1", 1), ("10", 3), ("+Inf", 4)]
    assert spread.total == 23.5


class Stuck(MemoryLog):
    """A log that takes nothing until it is told to, and then refuses the first append."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: 0)
        self.go, self.refuses = asyncio.Event(), True

    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        await self.go.wait()
        if self.refuses:
            self.refuses = False
            raise Unavailable("no broker")
        await super().append(records)


async def test_what_is_not_in_the_log_yet_has_its_bytes_and_age_shown_and_a_failed_append_is_counted() -> None:
    log, now = Stuck(), [100.0]
    await log.create_topics([TopicSpec("inbox", 1)])
    measures = Measures(ticks=lambda: now[0])
    commits = GroupCommit(log, measures=measures)
    first = asyncio.create_task(commits.append({("inbox", 0): [NewRecord(b"k", b"1")]}, 70))
    await asyncio.sleep(0)
    now[0] = 103.0
    second = asyncio.create_task(commits.append({("inbox", 0): [NewRecord(b"k", b"2")]}, 30))
    await asyncio.sleep(0)
    now[0] = 107.0
    found = scraped(measures)
    assert (found["waiting_bytes"][()], found["waiting_seconds"][()]) == (100, 7)
    log.go.set()
    assert isinstance((await asyncio.gather(first, second, return_exceptions=True))[0], Unavailable)
    await commits.append({("inbox", 0): [NewRecord(b"k", b"3")]}, 1)
    await asyncio.sleep(0)
    found = scraped(measures)
    assert (found["waiting_bytes"][()], found["waiting_seconds"][()]) == (0, 0)
    assert (found["commit_failures_total"][()], found["commit_records_sum"][()]) == (1, 2)


def test_every_metric_is_explained_and_nothing_else() -> None:
    page = (REPOSITORY / "docs" / "gateway.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `leadstream_")]
    explained = {name.removesuffix("_total") for row in rows for name in re.findall(r"`leadstream_gateway_(\w+)`", row)}
    metrics = Metrics(Measures()).collect()
    assert explained == {family.name.removeprefix("leadstream_gateway_") for family in metrics}
