"""Access to brokers is set up in one place, and what cannot be meant is said before anything is connected."""

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from leadstream import Publisher
from leadstream.cli import main
from leadstream.kafka_access import BadAccess
from leadstream.sdk.errors import NotConfigured
from leadstream.settings import Settings
from leadstream.supervising import environment_of
from tests.leadstream.cli.house import House
from tests.support.kafka_secured import authority, signed

SCRAM = {
    "broker": "kafka://127.0.0.1:1", "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_username": "leadstream", "sasl_password": "never shown",
}  # fmt: skip


def test_without_a_word_brokers_are_spoken_to_plainly() -> None:
    assert Settings().security() == {}


def test_what_is_set_up_is_what_the_client_is_told() -> None:
    found = Settings(**SCRAM).security()
    context = found.pop("ssl_context")
    assert found == {
        "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": "leadstream",
        "sasl_plain_password": "never shown",
    }  # fmt: skip
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_small_letters_are_as_good() -> None:
    said = {**SCRAM, "security_protocol": "sasl_ssl", "sasl_mechanism": "scram-sha-512"}
    assert Settings(**said).security()["sasl_mechanism"] == "SCRAM-SHA-512"


@pytest.mark.parametrize(
    ("said", "where", "why"),
    [
        ({"security_protocol": "TLS"}, "security_protocol", "Input should be 'PLAINTEXT', 'SSL'"),
        ({"ssl_cafile": "x"}, "ssl_cafile", "is for SSL and SASL_SSL; security_protocol is PLAINTEXT"),
        ({"security_protocol": "SSL", "ssl_keyfile": "x"}, "ssl_keyfile", "a key needs its certificate, ssl_certfile"),
        ({"sasl_username": "x"}, "sasl_username", "is for SASL_PLAINTEXT and SASL_SSL; security_protocol is PLAINTEXT"),
        ({"security_protocol": "SSL", "sasl_password": "never shown"}, "sasl_password", "security_protocol is SSL"),
        ({**SCRAM, "sasl_mechanism": ""}, "sasl_mechanism", "expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"),
        ({**SCRAM, "sasl_mechanism": "GSSAPI"}, "sasl_mechanism", "Input should be '', 'PLAIN', 'SCRAM-SHA-256'"),
        ({**SCRAM, "sasl_username": ""}, "sasl_username", "SASL_SSL needs it"),
        ({**SCRAM, "sasl_password": ""}, "sasl_password", "SASL_SSL needs a password"),
        ({**SCRAM, "sasl_password_file": "x"}, "sasl_password", "either sasl_password_file or this one"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_where_it_stands(said: dict[str, str], where: str, why: str) -> None:
    with pytest.raises(ValidationError) as told:
        Settings(**said)  # type: ignore[arg-type]
    first = told.value.errors()[0]
    assert first["loc"] == (where,)
    assert why in first["msg"]
    assert "never shown" not in first["msg"]


def test_a_password_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("of the file\n")
    said = {**SCRAM, "sasl_password": "", "sasl_password_file": str(tmp_path / "password")}
    assert Settings(**said).security()["sasl_plain_password"] == "of the file"


@pytest.mark.parametrize(("name", "content", "why"), [
    ("sasl_password_file", None, "No such file"), ("sasl_password_file", b" \n", "is empty"),
    ("sasl_password_file", b"\xff", "is no text"), ("ssl_cafile", None, "No such file"),
    ("ssl_cafile", b"nonsense", "is no PEM file"), ("ssl_certfile", None, "No such file"),
    ("ssl_certfile", b"nonsense", "is no PEM file"),
])  # fmt: skip
def test_a_file_that_is_not_as_it_must_be_is_named(tmp_path: Path, name: str, content: bytes | None, why: str) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    said = {**SCRAM, name: str(path)}
    if name == "sasl_password_file":
        said["sasl_password"] = ""
    with pytest.raises(BadAccess, match=f"{name} .*{why}"):
        Settings(**said).security()


def test_our_own_certificate_is_loaded_and_a_key_with_a_passphrase_is_told(tmp_path: Path) -> None:
    both = signed(tmp_path, "client", authority(tmp_path, "ours"))
    said: dict[str, Any] = {"security_protocol": "SSL", "ssl_cafile": str(tmp_path / "ours.pem")}
    assert "ssl_context" in Settings(**said, ssl_certfile=str(both)).security()
    apart = {"ssl_certfile": str(tmp_path / "client.crt"), "ssl_keyfile": str(tmp_path / "client.key")}
    assert "ssl_context" in Settings(**said, **apart).security()
    locked = tmp_path / "locked.key"
    subprocess.run(["openssl", "rsa", "-aes128", "-passout", "pass:abcd", "-in", apart["ssl_keyfile"], "-out",
                    str(locked)], check=True, capture_output=True)  # fmt: skip
    with pytest.raises(BadAccess, match="passphrase"):
        Settings(**said, ssl_certfile=apart["ssl_certfile"], ssl_keyfile=str(locked)).security()


def test_a_password_is_in_nothing_that_is_shown() -> None:
    assert "never shown" not in repr(Settings(**SCRAM))  # type: ignore[arg-type]


def test_children_come_in_as_their_parent_does() -> None:
    env = environment_of(Settings(**SCRAM))  # type: ignore[arg-type]
    assert (env["LEADSTREAM_SECURITY_PROTOCOL"], env["LEADSTREAM_SASL_MECHANISM"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert env["LEADSTREAM_SASL_PASSWORD"] == "never shown"
    assert "LEADSTREAM_SSL_CAFILE" not in env


def test_no_command_takes_a_password_where_all_of_the_machine_can_read_it() -> None:
    assert "password" not in CliRunner().invoke(main, ["worker", "--help"]).stdout


def test_the_environment_comes_before_the_file_and_each_is_named_when_it_is_wrong(house: House) -> None:
    house.write("leadstream.toml", 'broker = "kafka://127.0.0.1:1"\nsecurity-protocol = "TLS"\n')
    said = house.misused("topics", "describe")
    assert "leadstream.toml: security-protocol: Input should be" in said
    result = house.ask("topics", "describe", env={"LEADSTREAM_SECURITY_PROTOCOL": "SASL_SSL"})
    assert "LEADSTREAM_SASL_MECHANISM: SASL_SSL needs it" in result.stderr
    assert result.exit_code == 2


def test_a_command_says_which_file_is_missing(house: House) -> None:
    house.write(
        "leadstream.toml", 'broker = "kafka://127.0.0.1:1"\nsecurity-protocol = "SSL"\nssl-cafile = "gone.pem"\n'
    )
    assert "ssl_cafile gone.pem: No such file or directory" in house.refused("topics", "describe")


def test_a_publisher_says_so_before_it_publishes(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="No such file"):
        Publisher(settings=Settings(**{**SCRAM, "ssl_cafile": str(tmp_path / "gone.pem")}))  # type: ignore[arg-type]
    with pytest.raises(NotConfigured, match="expected SSL or SASL_SSL"):
        Publisher("kafka://127.0.0.1:1", tls=ssl.create_default_context())
    Publisher(settings=Settings(**SCRAM), tls=ssl.create_default_context())  # type: ignore[arg-type]
