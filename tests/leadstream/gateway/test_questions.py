import pytest
import pytest_asyncio

from engine.ports import NewRecord
from events.instants import from_us
from events.topics import VIEW_PROGRESS
from leadstream.views_store import open_store
from projections.catalogue import BY_NAME, OF_LEADS, SHOWN
from projections.progress import Progress, encode_progress, progress_key
from projections.views.view import OnRead
from tests.leadstream.gateway.house import BATCH, PARTITIONS, House, body, event


@pytest_asyncio.fixture
async def told(house: House) -> House:
    """Five leads, decided and projected."""
    await house.publish_agreement()
    captured = [
        event(number, "lead.captured", subject=f"lead-{number}", data={"source": "web" if number % 2 else "fair"})
        for number in range(1, 6)
    ]
    assert (await house.post(body(captured), BATCH)).status_code == 202
    await house.decide()
    return house


async def test_the_story_of_a_lead_is_told(told: House) -> None:
    story = (await told.get("/v1/leads/lead-1")).json()
    assert (story["lead"], story["source"]) == ("lead-1", "web")
    assert "lead.captured" in [fact["fact"] for fact in story["facts"]]
    assert (await told.get("/v1/leads/nobody")).status_code == 404
    then = await told.get("/v1/leads/lead-1?as_of=2026-03-02T09:30:00%2B01:00&zone=Europe/Bucharest")
    assert then.status_code == 200


async def test_a_story_by_what_was_known_holds_nothing_that_was_recorded_later(told: House) -> None:
    facts = (await told.get("/v1/leads/lead-1")).json()["facts"]
    told.clock.at += 3_600_000_000
    between = from_us(told.clock.at - 1_000_000).isoformat().replace("+00:00", "Z")
    late = event(77, subject="lead-1", time="2026-03-02T09:00:01Z")  # it happened before, and is told now
    assert (await told.post(body(late))).status_code == 202
    await told.decide()
    now = (await told.get("/v1/leads/lead-1")).json()
    then = (await told.get(f"/v1/leads/lead-1?known_at={between}")).json()
    assert then["facts"] == facts
    assert [fact["fact"] for fact in now["facts"]] == [*(fact["fact"] for fact in facts), "lead.touched"]
    assert then["next"] == [], "that instant is over"
    before = await told.get("/v1/leads/lead-1?known_at=2020-01-01")
    assert before.status_code == 404, "nothing was known then"


async def test_a_lead_whose_name_holds_a_slash_is_found(told: House) -> None:
    await told.post(body(event(9, "lead.captured", subject="crm/7 %")))
    await told.decide()
    assert (await told.get("/v1/leads/crm%2F7%20%25")).json()["lead"] == "crm/7 %"


async def test_the_story_of_an_opportunity_is_told_and_asked_for_another_time(told: House) -> None:
    opening = {"account": "acme", "name": "Plant", "stage": "Discovery", "amount_minor": 500, "currency": "EUR"}
    opened = event(90, "opportunity.opened", subject="crm/o 1", data=opening)
    amended = event(
        91, "opportunity.amended", subject="crm/o 1", time="2026-03-02T09:30:00Z", data={"amount_minor": 700}
    )
    assert (await told.post(body([opened, amended]), BATCH)).status_code == 202
    await told.decide()
    path = "/v1/opportunities/crm%2Fo%201"
    first = await told.get(path)
    story = first.json()
    assert (story["opportunity"], story["status"], story["amount_minor"]) == ("crm/o 1", "open", 700)
    amounts = {fact["fact_id"]: fact["amount_minor"] for fact in story["facts"]}
    assert (amounts["90"], amounts["91"]) == (500, 700)
    again = await told.get(path, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert (await told.get(f"{path}?as_of=2026-03-02T09:15:00Z")).json()["amount_minor"] == 500
    for gone in (f"{path}?known_at=2020-01-01", "/v1/opportunities/nobody"):
        assert (await told.get(gone)).status_code == 404
    assert (await told.get(f"{path}?zone=UTC")).status_code == 400


async def test_every_view_is_listed_and_can_be_asked(told: House) -> None:
    views = (await told.get("/v1/views")).json()["views"]
    assert {view["name"] for view in views} == set(BY_NAME)
    for view in views:
        page = await told.get(f"/v1/views/{view['name']}")
        assert page.status_code == 200, page.text
        names = [column["name"] for column in view["columns"]]
        assert all(list(row) == names for row in page.json()["rows"])


TIMES = ("as_of=2026-01-01T09:00:00Z", "known_at=2026-01-01T09:00:00Z", "as_of=2126-03-02&known_at=2126-03-02")


@pytest.mark.parametrize("times", TIMES)
async def test_every_view_can_be_asked_for_another_time(told: House, times: str) -> None:
    for view in SHOWN:
        page = await told.get(f"/v1/views/{view.name}?{times}")
        if isinstance(view, OnRead) and view.only_now:
            assert page.status_code == 400
            continue
        assert page.status_code == 200, page.text
    leads = (await told.get(f"/v1/views/leads?{times}")).json()["rows"]
    assert len(leads) == (5 if "2126" in times else 0)


async def say(house: House, progress: Progress) -> None:
    """A projector says how far a partition's views are; the gateway looks again at the next question."""
    record = NewRecord(progress_key(progress.partition), encode_progress(progress))
    await house.log.append({(VIEW_PROGRESS, progress.partition): [record]})
    house.clock.at += 2_000_000


async def test_while_views_are_rebuilt_the_former_rows_are_given_with_a_word_of_it(told: House) -> None:
    edition = OF_LEADS.edition
    assert "former" not in (await told.get("/v1/views/leads")).json()
    store = open_store(told.settings)
    store.query("UPDATE layout SET version = '0' WHERE part = 'leads'")
    store.query("UPDATE leads_base SET source = 'of yore'")
    store.close()
    await say(told, Progress(0, "", edition - 1, building=edition, read=3, facts=9))
    page = (await told.get("/v1/views/leads")).json()
    assert [row["source"] for row in page["rows"]] == ["of yore"] * 5
    assert page["former"] == (
        "answers are of the former definition of leads until the new one is built: "
        f"{PARTITIONS - 1} of {PARTITIONS} partitions are done, 3 of 9 facts read in others"
    )
    await say(told, Progress(0, "", edition))
    page = (await told.get("/v1/views/leads")).json()
    assert "former" not in page
    assert {row["source"] for row in page["rows"]} == {"web", "fair"}


async def test_rows_are_chosen_and_sorted(told: House) -> None:
    page = await told.get("/v1/views/leads?where=source=web&where=lead!=lead-3&sort=-lead")
    assert [row["lead"] for row in page.json()["rows"]] == ["lead-5", "lead-1"]


async def test_a_view_that_remembers_is_asked_for_another_time(told: House) -> None:
    for path in ("views/matrix?as_of=2026-03-02&known_at=2026-03-02T12:00:00Z", "views/leads?scores_as_of=2026-03-02"):
        assert (await told.get(f"/v1/{path}")).status_code == 200


async def test_pages_hold_every_row_once_in_order(told: House) -> None:
    found, path = [], "/v1/views/leads?limit=2&sort=-lead"
    page = (await told.get(path)).json()
    while True:
        found += [row["lead"] for row in page["rows"]]
        if page["next"] is None:
            break
        page = (await told.get(f"{path}&cursor={page['next']}")).json()
    assert found == ["lead-5", "lead-4", "lead-3", "lead-2", "lead-1"]


async def test_a_cursor_goes_on_with_its_own_question_alone(told: House) -> None:
    cursor = (await told.get("/v1/views/leads?limit=2")).json()["next"]
    other = await told.get(f"/v1/views/leads?limit=2&sort=-lead&cursor={cursor}")
    assert (other.status_code, other.json()["field"]) == (400, "cursor")


async def test_whoever_has_the_answer_already_gets_nothing(told: House) -> None:
    for path in ("/v1/views/leads", "/v1/views", "/v1/leads/lead-1"):
        first = await told.get(path)
        again = await told.get(path, if_none_match=f'"other", W/{first.headers["etag"]}')
        assert (again.status_code, again.content) == (304, b"")
    told.clock.at += 2_000_000
    await told.post(body(event(8, "lead.captured", subject="lead-8")))
    await told.decide()
    first = await told.get("/v1/views/leads", if_none_match=first.headers["etag"])
    assert (first.status_code, len(first.json()["rows"])) == (200, 6)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("views/nothing", 404, "there is no view 'nothing'"),
        ("views/leads?filter=x", 400, "there is no such parameter"),
        ("views/leads?limit=0", 400, "from 1 to 1000"),
        ("views/leads?limit=1001", 400, "from 1 to 1000"),
        ("views/leads?limit=%D9%A1", 400, "from 1 to 1000"),
        ("views/leads?where=colour=red", 400, "has no column 'colour'"),
        ("views/leads?where=source", 400, "expected COLUMN=VALUE"),
        ("views/leads?sort=colour", 400, "has no column 'colour'"),
        ("views/funnel?where=leads=many", 400, "is not a whole number"),
        ("views/funnel?where=leads=1" + "0" * 30, 400, "too large"),
        ("views/funnel?by=colour", 400, "cannot be split"),
        (
            "views/partitions?as_of=2026-03-02",
            400,
            "view partitions can be asked for no other time: it is about how far",
        ),
        ("views/partitions?known_at=2026-03-02", 400, "can be asked for no other time"),
        ("views/leads?since=2026-03-02", 400, "since is of waterfall, velocity"),
        ("views/leads?scores_as_of=2026-03-02&as_of=2026-03-02", 400, "ask for one time or for the other"),
        ("views/leads?since=monday", 400, "an instant such as"),
        ("views/companies?as_of=monday", 400, "an instant such as"),
        ("views/companies?as_of=0001-01-01T00:00:00%2B14:00", 400, "instant"),
        ("leads/lead-1?as_of=1960-01-01", 400, "after 1970"),
        ("leads/lead-1?zone=Nowhere", 400, "time zone"),
        ("leads/lead-1?zone=../etc", 400, "time zone"),
    ],
)
async def test_a_question_that_makes_no_sense_says_what_could_be_asked(
    told: House, path: str, status: int, said: str
) -> None:
    response = await told.get(f"/v1/{path}")
    assert response.status_code == status
    assert said in response.json()["detail"]


async def test_questions_need_their_scope(told: House) -> None:
    told.key = told.new_key("publish", "command")
    told.clock.at += 2_000_000
    for path in ("views", "views/leads", "leads/lead-1"):
        assert (await told.get(f"/v1/{path}")).status_code == 403
