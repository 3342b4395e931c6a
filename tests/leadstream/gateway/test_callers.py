import pytest

from leadstream import keys
from leadstream.gateway.rates import Bucket
from tests.leadstream.gateway.house import MONDAY, House, body, event

SECOND = 1_000_000


@pytest.mark.parametrize("shown", ["", "Basic abc", "Bearer", "Bearer lsk_", "Bearer lsk_abc_def", "bearer é"])
async def test_without_a_key_nothing_is_taken(house: House, shown: str) -> None:
    response = await house.client.post(
        "/v1/events",
        content=body(event(1)),
        headers={"authorization": shown.encode("latin-1").decode("latin-1").encode()},
    )
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert await house.kept() == []


async def test_a_key_that_is_wrong_by_one_character_is_none(house: House) -> None:
    right = house.key
    for place in range(len(right)):
        house.key = right[:place] + ("a" if right[place] != "a" else "b") + right[place + 1 :]
        assert (await house.post(body(event(1)))).status_code == 401
    house.key = right
    assert (await house.post(body(event(1)))).status_code == 202


async def test_a_key_does_only_what_it_may(house: House) -> None:
    house.key = house.new_key("read")
    house.clock.at += 2 * SECOND
    response = await house.post(body(event(1)))
    assert (response.status_code, response.json()["detail"]) == (403, "this key has no scope 'publish'; it may read")


async def test_a_key_speaks_for_its_sources_and_all_below_them(house: House) -> None:
    house.key = house.new_key("publish", sources=["/crm/", "/web"])
    house.clock.at += 2 * SECOND
    sources = {"/crm/eu": 202, "/web": 202, "/web/a": 202, "/crm": 400, "/webX": 400, "/forms": 400}
    found = {source: (await house.post(body(event(1, source=source)))).status_code for source in sources}
    assert found == sources
    house.key = house.new_key("publish", sources=["*"])
    house.clock.at += 2 * SECOND
    assert (await house.post(body(event(1, source="/crm")))).status_code == 202
    assert (await house.post(body(event(1, source="/leadstream")))).status_code == 400


async def test_a_revoked_key_is_not_taken_within_a_second(house: House) -> None:
    assert (await house.post(body(event(1)))).status_code == 202
    assert keys.revoke(house.keys_file, house.key.split("_")[1], MONDAY)
    house.clock.at += SECOND
    assert (await house.post(body(event(2)))).status_code == 401


async def test_keys_stay_as_they_were_while_their_file_is_broken(house: House) -> None:
    assert (await house.post(body(event(1)))).status_code == 202
    house.keys_file.write_text("{")
    house.clock.at += 2 * SECOND
    assert (await house.post(body(event(2)))).status_code == 202


async def test_whoever_comes_too_often_is_told_when_to_come_again(house: House) -> None:
    house.key = house.new_key("publish", rate=10)
    house.clock.at += 2 * SECOND
    found = [await house.post(body(event(number))) for number in range(21)]
    assert [response.status_code for response in found] == [202] * 20 + [429]
    assert found[-1].headers["retry-after"] == "1"
    house.clock.at += SECOND // 5
    assert (await house.post(body(event(21)))).status_code == 202


def test_a_batch_is_taken_whole_and_paid_for_afterwards() -> None:
    bucket = Bucket(100, 0)
    bucket.spend(1000, 0)
    assert bucket.wait(0) == pytest.approx(8.01)
    assert bucket.wait(7_990_000) > 0
    assert bucket.wait(8_020_000) == 0


def test_a_bucket_holds_two_seconds_worth_however_long_nobody_came() -> None:
    bucket = Bucket(100, 0)
    bucket.spend(201, 3600 * SECOND)
    assert bucket.wait(3600 * SECOND) > 0
    assert bucket.wait(0) > 0, "a clock that goes back pays nothing"
