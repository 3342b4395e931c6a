"""A refresh token that the vendor replaces outlives the process, and stands nowhere that others can read."""

import os
import stat
from collections import deque
from dataclasses import replace
from pathlib import Path

import pytest

from leadstream.fetching.kept_tokens import Busy, KeptTokens, NotKept, line_of
from leadstream.fetching.port import Credentials
from tests.leadstream.fetching.house import Died, House
from tests.leadstream.fetching.scenarios import NOW, SCENARIOS
from tests.support.vendors.google import Google
from tests.support.vendors.house import REFRESH

APP = Credentials(client_id="app", refresh_token="first", url="https://vendor.example/token")


def _server(rotates: str) -> Google:
    server = Google(NOW, 3)
    server.rotates = rotates  # type: ignore[assignment]
    return server


async def test_a_refresh_token_that_was_replaced_is_shown_by_the_next_process() -> None:
    server = _server("at once")
    async with server.serving() as base:
        house = House(server, SCENARIOS["google"].table(base))
        for number in range(1, 4):
            worker = await house.once()
            assert worker.failed == {}
            assert (server.tokens, server.refresh) == (number, [f"{REFRESH}-{number}"])


async def test_tokens_are_renewed_again_and_again_while_the_process_lives() -> None:
    server = _server("at once")
    server.lasts = 61  # one is used for a second; ours and the vendor's clock move when somebody waits
    server.troubles.extend([None, None, "limit"] * 4)
    async with server.serving() as base:
        worker = await House(server, SCENARIOS["google"].table(base)).once()
    assert worker.failed == {}
    assert server.tokens > 3


async def test_who_dies_after_the_next_token_is_kept_loses_nothing() -> None:
    server = _server("at once")
    async with server.serving() as base:
        house = House(server, SCENARIOS["google"].table(base), token_deaths=deque(["after"]))
        with pytest.raises(Died):
            await house.once()
        assert (await house.once()).failed == {}


async def test_who_dies_before_the_next_token_is_kept_is_let_in_by_a_vendor_with_grace() -> None:
    server = _server("grace")
    async with server.serving() as base:
        house = House(server, SCENARIOS["google"].table(base), token_deaths=deque(["before"]))
        with pytest.raises(Died):
            await house.once()
        assert (await house.once()).failed == {}
        assert (await house.once()).failed == {}


@pytest.mark.parametrize("kept", [0, 1], ids=["the configured one", "a kept one"])
async def test_who_dies_before_it_is_kept_is_shut_out_by_a_vendor_without_grace_and_told_so(kept: int) -> None:
    server = _server("at once")
    async with server.serving() as base:
        house = House(server, SCENARIOS["google"].table(base), token_deaths=deque([*[None] * kept, "before"]))
        for _ in range(kept):
            await house.once()
        with pytest.raises(Died):
            await house.once()
        (said,) = set((await house.once()).failed.values())
    assert "400 invalid_grant" in said
    assert ("let the app in again and configure the new one" in said) == bool(kept)
    assert REFRESH not in said


@pytest.mark.parametrize("trouble", ["reset", "cut"])
async def test_an_answer_that_breaks_off_is_asked_for_again_with_the_same_token(trouble: str) -> None:
    server = _server("grace")
    server.troubles.append(trouble)  # type: ignore[arg-type]
    async with server.serving() as base:
        house = House(server, SCENARIOS["google"].table(base))
        assert (await house.once()).failed == {}
        assert (await house.once()).failed == {}


async def test_a_newly_configured_token_wins_over_one_that_descends_from_another() -> None:
    server = _server("at once")
    async with server.serving() as base:
        house = House(server, SCENARIOS["google"].table(base))
        await house.once()
        server.refresh = ["allowed in once more"]
        assert "invalid_grant" in str((await house.once()).failed)
        house.secrets["env:REFRESH"] = "allowed in once more"
        assert (await house.once()).failed == {}
        assert (await house.once()).failed == {}


async def test_no_refresh_token_is_in_the_log_or_in_what_is_told() -> None:
    server = _server("at once")
    async with server.serving() as base:
        house = House(server, SCENARIOS["google"].table(base))
        await house.once()
        server.refresh = ["another"]
        await house.once()
    assert house.told
    assert REFRESH not in str(house.told)
    written = await house.everything_written()
    assert len(written) > 10
    assert not any(REFRESH.encode() in each for each in written)


async def test_without_a_place_for_the_next_token_none_is_asked_for() -> None:
    server = _server("at once")
    async with server.serving() as base:
        house = House(server, SCENARIOS["google"].table(base))
        (house.folder / "fetch-tokens").write_text("in the way")
        worker = await house.once()
        (said,) = set(worker.failed.values())
        assert "cannot be kept in" in said
        assert server.tokens == 0
        (house.folder / "fetch-tokens").unlink()
        await house.time.pause(600)
        assert (await house.once()).failed == {}


def _files(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_files_and_folder_are_for_their_owner_alone_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = tmp_path / "tokens"
        with KeptTokens(folder).renewing(APP) as place:
            place.keep("second")
            assert set(_files(folder).values()) == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        os.umask(before)
    assert sorted(_files(folder)) == [f"{line_of(APP)}.json", f"{line_of(APP)}.lock"]


def test_a_token_that_was_not_replaced_leaves_no_file_of_its_own(tmp_path: Path) -> None:
    with KeptTokens(tmp_path).renewing(APP) as place:
        assert (place.current, place.replaced) == ("first", False)
    assert sorted(_files(tmp_path)) == [f"{line_of(APP)}.lock"]


def test_two_never_show_the_same_token_at_once(tmp_path: Path) -> None:
    with KeptTokens(tmp_path).renewing(APP), pytest.raises(Busy), KeptTokens(tmp_path).renewing(APP):
        pass
    another = replace(APP, refresh_token="of another line")
    with KeptTokens(tmp_path).renewing(APP), KeptTokens(tmp_path).renewing(another) as place:
        assert place.current == "of another line"


def test_what_a_dead_process_left_half_written_is_not_read(tmp_path: Path) -> None:
    (tmp_path / f"{line_of(APP)}.new").write_bytes(b'{"refresh_tok')
    with KeptTokens(tmp_path).renewing(APP) as place:
        assert place.current == "first"
        place.keep("second")
    with KeptTokens(tmp_path).renewing(APP) as place:
        assert (place.current, place.replaced) == ("second", True)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"refresh_token":"x","descends_from":"another"}', "\xff"])
def test_a_file_that_is_none_of_ours_is_told_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / f"{line_of(APP)}.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(NotKept, match="without it the configured one is used"), KeptTokens(tmp_path).renewing(APP):
        pass
    assert path.read_bytes() == text.encode("latin-1")


@pytest.mark.parametrize("other", [
    replace(APP, refresh_token="new"), replace(APP, client_id="new"), replace(APP, url="https://new.example"),
])  # fmt: skip
def test_whatever_is_configured_anew_begins_a_line_of_its_own(tmp_path: Path, other: Credentials) -> None:
    with KeptTokens(tmp_path).renewing(APP) as place:
        place.keep("second")
    with KeptTokens(tmp_path).renewing(other) as place:
        assert (place.current, place.replaced) == (other.refresh_token, False)
    with KeptTokens(tmp_path).renewing(replace(APP, client_secret="replaced at the vendor")) as place:
        assert place.current == "second"
