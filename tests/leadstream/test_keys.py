import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leadstream.keys import ApiKey, BadKeys, add, made, matching, read_keys, revoke
from tests.leadstream.gateway.house import MONDAY


def test_the_file_holds_no_secret_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    new = made("web", ("publish",), ("/forms",), 10, MONDAY)
    add(path, new.key)
    assert new.text.rpartition("_")[2] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_keys(path) == [new.key]
    assert matching(new.text, {new.key.id: new.key}) == new.key


def test_keys_made_at_once_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    new = [made(f"{number}", ("read",), (), 1, MONDAY).key for number in range(20)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: add(path, key), new))
    assert sorted(key.id for key in read_keys(path)) == sorted(key.id for key in new)


def test_a_revoked_key_matches_no_more_and_keeps_the_time(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    new = made("web", ("read",), (), 1, MONDAY)
    add(path, new.key)
    assert revoke(path, new.key.id, MONDAY.replace(hour=10))
    assert revoke(path, new.key.id, MONDAY.replace(hour=11))
    assert not revoke(path, "nobody", MONDAY)
    (kept,) = read_keys(path)
    assert kept.revoked_at == MONDAY.replace(hour=10)
    assert matching(new.text, {kept.id: kept}) is None


@pytest.mark.parametrize("raw", ["{", '{"version": 2}', '{"version": 1, "keys": [{"id": 7}]}', "\udcff"])
def test_a_file_that_holds_no_keys_is_named(tmp_path: Path, raw: str) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(raw.encode(errors="surrogateescape"))
    with pytest.raises(BadKeys, match=r"keys\.json"):
        read_keys(path)


def test_a_secret_no_text_can_carry_is_wrong_and_nothing_else() -> None:
    key = ApiKey(id="a", name="a", hash="", scopes=("read",), created_at=MONDAY)
    for text in ("lsk_a_\ud800", "lsk_a_", "_a_", "é"):
        assert matching(text, {"a": key}) is None
