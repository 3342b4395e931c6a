import pytest

from tests.leadstream.cli.house import House


def test_a_key_is_shown_once_and_listed_without_its_secret(house: House) -> None:
    made = house.run("keys", "create", "web forms", "--source", "/forms", "--rate", "50")
    key_id, secret = made.stdout.strip().removeprefix("lsk_").split("_", 1)
    assert "not shown again" in made.stderr
    (row,) = house.rows("keys", "list")
    assert {name: row[name] for name in ("id", "name", "scopes", "sources", "rate", "revoked_at")} == {
        "id": key_id, "name": "web forms", "scopes": "publish", "sources": "/forms", "rate": 50, "revoked_at": None,
    }  # fmt: skip
    assert secret not in house.run("keys", "list").stdout + (house.data / "keys.json").read_text()


def test_a_revoked_key_says_since_when(house: House) -> None:
    key_id = house.run("keys", "create", "board", "--scope", "read").stdout.split("_")[1]
    assert house.run("keys", "revoke", key_id).stdout == f"key {key_id} revoked\n"
    (row,) = house.rows("keys", "list")
    assert row["revoked_at"] is not None
    assert "there is no key 'nobody'" in house.refused("keys", "revoke", "nobody")


def test_whose_events_a_key_may_publish_has_to_be_said(house: House) -> None:
    assert "--source" in house.misused("keys", "create", "web forms")


@pytest.mark.parametrize("command", [("list",), ("create", "a", "--source", "/a"), ("revoke", "a")])
def test_a_file_that_holds_no_keys_is_named(house: House, command: tuple[str, ...]) -> None:
    house.data.mkdir()
    (house.data / "keys.json").write_text("{")
    assert "keys.json: no file of keys" in house.refused("keys", *command)


def test_a_certificate_without_its_key_is_wrong_use(house: House) -> None:
    certificate = house.write("cert.pem", "")
    assert "--tls-cert and --tls-key belong together" in house.misused("gateway", "--tls-cert", certificate)
