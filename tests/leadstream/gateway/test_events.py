from pathlib import Path

import pytest

from engine.errors import Forbidden, LogError, RecordTooLarge, Unavailable
from engine.memory.log import MemoryLog
from tests.leadstream.gateway.house import BATCH, STRUCTURED, Clock, House, body, event, gateway


async def test_an_accepted_event_is_in_the_log_as_it_was_sent(house: House) -> None:
    said = body(event(1, unheard_of="kept"))
    response = await house.post(said)
    assert response.status_code == 202
    assert response.json() == {
        "accepted": 1, "duplicate": 0, "refused": 0, "items": [{"outcome": "accepted", "id": "1"}],
    }  # fmt: skip
    (record,) = await house.kept()
    assert (record.key, record.value, list(record.headers)) == (b"lead-1", said, [])


async def test_a_field_that_its_type_does_not_have_is_named_in_the_answer_and_ignored(house: House) -> None:
    said = event(1)
    response = await house.post(body({**said, "data": {**said["data"], "colour": "red"}}))
    assert response.json()["items"] == [{"outcome": "accepted", "id": "1", "ignored": ["data.colour"]}]


async def test_each_event_of_a_batch_is_answered_by_itself(house: House) -> None:
    bad = event(2, data={"channel": "call"})
    response = await house.post(body([event(1), bad, event(3), event(1)]), BATCH)
    assert response.status_code == 207
    told = response.json()
    assert [item["outcome"] for item in told["items"]] == ["accepted", "refused", "accepted", "duplicate"]
    assert told["items"][1]["field"] == "data.kind"
    assert (told["accepted"], told["duplicate"], told["refused"]) == (2, 1, 1)
    assert sorted(value["id"] for value in await house.values()) == ["1", "3"]


async def test_an_event_in_binary_mode_is_the_same_event(house: House) -> None:
    said = event(1, subject="Zoë 100%", late="true")
    attributes = {f"ce_{name}": value for name, value in said.items() if name != "data"}
    attributes["ce_subject"] = "Zo%C3%AB 100%25"
    response = await house.post(body(said["data"]), "application/json", **attributes)
    assert response.status_code == 202
    assert await house.values() == [{**said, "late": True, "datacontenttype": "application/json"}]


async def test_what_was_sent_before_is_a_duplicate_and_not_written_again(house: House) -> None:
    await house.post(body(event(1)))
    response = await house.post(body(event(1)))
    assert (response.status_code, response.json()["duplicate"]) == (202, 1)
    assert len(await house.kept()) == 1


async def test_another_event_of_the_same_id_is_for_the_decider_to_judge(house: House) -> None:
    await house.post(body(event(1)))
    assert (await house.post(body(event(1, time="2026-03-02T08:00:00Z")))).json()["accepted"] == 1
    assert len(await house.kept()) == 2


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (b"captured: ann", ""),
        (body(event(1, data={"channel": 7})), "data.channel"),
        (body(event(1, "lead.unheard_of")), "type"),
        (body(event(1, "lead.archived", data={"reason": "forged"})), "type"),
        (body(event(1, "lead.accept", data={"by": "Ines"})), "type"),
        (body(event(1, "agreement.sign", data={"version": 1, "side": "sales", "by": "Ines"})), "type"),
        (body(event(1, source="/leadstream")), "source"),
        (body(event(1, source="/leadstream/pool")), "source"),
        (body(event(1, source="/crm")), "source"),
        (body(event(1, source="/formsX")), "source"),
        (body(event(1, subject="\0lead")), "subject"),
        (body(event(1, time="yesterday")), "time"),
        (body(event(1, time="2026-03-02T12:00:00Z")), "time"),
        (body(event(1, time="1969-12-31T23:59:59Z")), "time"),
    ],
)
async def test_what_may_not_be_said_is_refused_with_field_and_reason(house: House, said: bytes, field: str) -> None:
    response = await house.post(said)
    told = response.json()
    assert (response.status_code, told["refused"], told["field"]) == (400, 1, field)
    assert response.headers["content-type"] == "application/problem+json"
    assert told["detail"] == told["items"][0]["reason"]
    assert not told["detail"].endswith(f"({field})")
    assert told["detail"]
    assert await house.kept() == []


async def test_nobody_outside_sets_the_marks_of_our_tasks(house: House) -> None:
    for name in ("ls-task", "ls-time", "LS-TASK"):
        response = await house.post(body(event(1)), **{name: "leads"})
        assert (response.status_code, response.json()["field"]) == (400, name.lower())
    assert await house.kept() == []


@pytest.mark.parametrize(
    ("media_type", "said", "headers", "status"),
    [
        ("text/plain", b"{}", {}, 415),
        ("", b"{}", {}, 415),
        ("application/json", b"{}", {}, 415),
        (f"{STRUCTURED}; charset=latin-1", b"{}", {}, 415),
        ("application/xml", b"<a/>", {"ce_specversion": "1.0"}, 415),
        (STRUCTURED, b"{}", {"content_encoding": "gzip"}, 415),
        (BATCH, b"{}", {}, 400),
        (BATCH, b"[1", {}, 400),
        (BATCH, b"[" * 100_000, {}, 400),
        (BATCH, b"\xff", {}, 400),
        ("application/json", b"{", {"ce_specversion": "1.0"}, 400),
        ("application/json", b'{},"source":"/leadstream"', {"ce_specversion": "1.0"}, 400),
        ("application/json", b"{}", {"ce_specversion": "1.0", "ce_id": "%ff"}, 400),
        ("application/json", b"{}", {"ce_specversion": "1.0", "ce_an_id": "1"}, 400),
        ("application/json", b"{}", {"ce_specversion": "1.0", "ce_data": "1"}, 400),
        (BATCH, b"[" + b",".join([b"{}"] * 1001) + b"]", {}, 413),
        (STRUCTURED, b"x" * ((1 << 20) + 1), {}, 413),
        (STRUCTURED, body(event(1, note="x" * 950_000)), {}, 400),
        (STRUCTURED, b"{}", {"idempotency_key": '""'}, 400),
        (STRUCTURED, b"{}", {"idempotency_key": "x" * 256}, 400),
    ],
)
async def test_a_request_that_is_none_says_what_was_expected(
    house: House, media_type: str, said: bytes, headers: dict[str, str], status: int
) -> None:
    response = await house.post(said, media_type, **headers)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.json()["detail"]
    assert await house.kept() == []


async def test_an_empty_batch_is_nothing_and_that_is_fine(house: House) -> None:
    response = await house.post(b"[]", BATCH)
    assert (response.status_code, response.json()["items"]) == (202, [])


async def test_a_thousand_events_are_taken_at_once(house: House) -> None:
    response = await house.post(body([event(number) for number in range(1000)]), BATCH)
    assert (response.status_code, response.json()["accepted"]) == (202, 1000)
    assert len(await house.kept()) == 1000


async def test_a_request_under_the_same_key_is_answered_as_it_was(house: House) -> None:
    first = await house.post(body(event(1)), idempotency_key="form-7")
    again = await house.post(body(event(1)), idempotency_key='"form-7"')
    assert first.json() == again.json()
    assert first.json()["accepted"] == 1
    other = await house.post(body(event(2)), idempotency_key="form-7")
    assert (other.status_code, other.json()["field"]) == (422, "idempotency-key")
    house.key = house.new_key("publish")
    house.clock.at += 2_000_000
    assert (await house.post(body(event(2)), idempotency_key="form-7")).status_code == 202, "a key is its caller's own"
    assert len(await house.kept()) == 2


class Away(MemoryLog):
    """A log that does not append while something is wrong."""

    wrong: LogError | None = Unavailable("no broker answers")

    async def append(self, records: object) -> None:
        if self.wrong is not None:
            raise self.wrong
        await super().append(records)  # type: ignore[arg-type]


async def test_a_log_out_of_reach_is_said_and_sending_again_is_right(tmp_path: Path) -> None:
    log = Away(clock=Clock())
    async with gateway(tmp_path, log) as house:
        for headers in ({}, {"idempotency_key": "form-7"}):
            response = await house.post(body(event(1)), **headers)
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
            assert "no broker answers" in response.json()["detail"]
        log.wrong = None
        for headers in ({}, {"idempotency_key": "form-7"}):
            assert (await house.post(body(event(1)), **headers)).status_code == 202
        assert len(await house.kept()) == 1


async def test_a_log_that_refuses_is_no_fault_of_the_gateway(tmp_path: Path) -> None:
    log = Away(clock=Clock())
    async with gateway(tmp_path, log) as house:
        for wrong, status in ((Forbidden("no right"), 503), (RecordTooLarge("lead-inbox", 9, 8), 413)):
            log.wrong = wrong
            assert (await house.post(body(event(1)))).status_code == status


async def test_other_paths_and_methods_are_told_so(house: House) -> None:
    assert (await house.client.get("/v2/events")).json()["status"] == 404
    assert (await house.client.get("/v1/events")).json()["status"] == 405
    assert (await house.client.get("/v1/health")).json() == {"status": "ok"}
