import subprocess
import sys
from pathlib import Path

import pytest

import leadstream
from leadstream import NotAllowed, NotConfigured, PublishError, SyncPublisher
from leadstream.facts import LeadCaptured
from leadstream.sdk.gateway_way import GatewayWay
from leadstream.sdk.log_way import LogWay
from leadstream.sdk.where import settings_here, way_to
from tests.support.process import REPOSITORY

KEY = "lsk_0123456789ab_secret"


@pytest.mark.parametrize("address", ["kafka://localhost:9092,other:9092", "sqlite:////tmp/log.db", None])
def test_a_log_is_reached_by_its_address_or_by_the_settings(address: str | None) -> None:
    assert isinstance(way_to(address, environment={}), LogWay)


@pytest.mark.parametrize("address", ["https://leads.example", "http://127.0.0.1:8080/", "https://host/prefix"])
def test_a_gateway_is_reached_with_a_key_from_the_call_or_the_environment(address: str) -> None:
    assert isinstance(way_to(address, api_key=KEY, environment={}), GatewayWay)
    assert isinstance(way_to(address, environment={"LEADSTREAM_API_KEY": KEY}), GatewayWay)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("localhost:9092", "expected kafka://host:port, sqlite:///path or https://host, got 'localhost:9092'"),
        ("", "expected kafka://"),
        ("ftp://host", "expected kafka://"),
        ("sqlite://", "expected sqlite:///path"),
        ("kafka://", "not a Kafka URL"),
        ("kafka://host:port", "the port in 'host:port' is not a number"),
        ("https://", "expected https://host of a gateway"),
        ("https://host:port", "with a number for the port"),
        ("https://[::1", "with a number for the port"),
        ("https://host/?key=1", "expected https://host of a gateway"),
    ],
)
def test_what_is_no_address_is_refused_when_the_publisher_is_made(address: str, reason: str) -> None:
    with pytest.raises(NotConfigured) as refused:
        way_to(address, api_key=KEY, environment={})
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "a gateway wants a key"),
        ("two words", "a sign that no key has"),
        ("lsk_abc\n", "a sign that no key has"),
        ("schlüssel", "a sign that no key has"),
    ],
)
def test_a_key_that_cannot_be_sent_is_refused_and_not_repeated(key: str, reason: str) -> None:
    with pytest.raises(NotConfigured, match="leadstream keys create") as refused:
        way_to("https://host", api_key=key, environment={})
    assert reason in str(refused.value)
    assert not key or key.strip() not in str(refused.value)


@pytest.mark.parametrize("kind", [NotAllowed, PublishError, ValueError])
def test_what_is_configured_wrongly_is_caught_as_any_failure_to_publish_and_as_a_value_that_is_wrong(
    kind: type[Exception],
) -> None:
    with pytest.raises(kind, match="expected kafka://"):
        SyncPublisher("ftp://x")


def test_what_is_neither_an_address_nor_a_way_is_refused() -> None:
    with pytest.raises(NotConfigured, match=r"to: expected an address as text, .* got PosixPath"):
        SyncPublisher(Path("log.db"))  # type: ignore[arg-type]


def test_a_setting_of_the_environment_that_is_wrong_is_named_in_one_line() -> None:
    with pytest.raises(NotConfigured) as refused:
        way_to(None, environment={"LEADSTREAM_PARTITIONS": "many"})
    assert "LEADSTREAM_PARTITIONS" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="no user and password") as refused:
        way_to("https://me:sesame@host", api_key=KEY, environment={})
    assert "sesame" not in str(refused.value)


def test_settings_come_from_the_environment_and_then_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "leadstream.toml").write_text('prefix = "a-"\npartitions = 7\nformat = "json"\n[sources]\n')
    found = settings_here({"LEADSTREAM_PREFIX": "b-", "LEADSTREAM_BROKER": "kafka://host:1", "LEADSTREAM_API_KEY": KEY})
    assert (found.prefix, found.partitions, found.broker) == ("b-", 7, "kafka://host:1")


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "leadstream.toml").write_text("prefix = ")
    with pytest.raises(ValueError, match=r"leadstream\.toml: "):
        settings_here({})


def test_without_an_address_it_goes_to_the_file_in_the_data_directory(tmp_path: Path) -> None:
    with SyncPublisher(source="/forms") as sending:
        assert sending.publish(LeadCaptured(source="web"), subject="lead-1").outcome == "accepted"
    assert (tmp_path / "leadstream-data" / "log.db").exists()


@pytest.mark.parametrize(
    ("address", "unneeded"),
    [("https://host", ("projections", "engine.sqlite", "apsw")), ("sqlite:////tmp/log.db", ("aiohttp",))],
)
def test_only_what_an_address_needs_is_imported(address: str, unneeded: tuple[str, ...]) -> None:
    script = f"import sys; from leadstream import Publisher; Publisher({address!r}, api_key='k'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint(unneeded)


def test_importing_leadstream_costs_nothing_and_offers_everything() -> None:
    script = (
        "import sys; before = set(sys.modules); import leadstream; assert set(dir(leadstream)) >= {'Publisher'};"
        "new = set(sys.modules) - before;"
        "print(*sorted(name for name in new if name.partition('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "leadstream\n"
    assert [name for name in leadstream.__all__ if not isinstance(getattr(leadstream, name), type)] == []
    with pytest.raises(AttributeError, match="has no attribute 'Consumer'"):
        _ = leadstream.Consumer
