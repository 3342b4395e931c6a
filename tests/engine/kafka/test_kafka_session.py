import pytest

from engine.kafka.session import Session, servers_of


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("kafka://one:1234", ["one:1234"]),
        ("kafka://one", ["one:9092"]),
        ("kafka://one:1,two , three:3", ["one:1", "two:9092", "three:3"]),
        ("kafka://one:1/", ["one:1"]),
        ("kafka://[::1]:9093,[fe80::2]", ["[::1]:9093", "[fe80::2]:9092"]),
    ],
)
def test_a_url_names_every_broker_with_its_port(url: str, servers: list[str]) -> None:
    assert servers_of(url) == servers


@pytest.mark.parametrize("url", ["", "one:1", "http://one:1", "kafka://", "kafka://one,,two", "kafka://one:x"])
def test_what_is_no_kafka_url_is_refused_with_the_reason(url: str) -> None:
    with pytest.raises(ValueError, match=r"not a (Kafka URL|number)"):
        servers_of(url)


def test_access_settings_reach_every_client() -> None:
    session = Session(request=3.0, security={"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN"})
    found = session.client(["one:1"], "name")
    assert found["security_protocol"] == "SASL_SSL"
    assert (found["bootstrap_servers"], found["client_id"], found["request_timeout_ms"]) == (["one:1"], "name", 3000)
