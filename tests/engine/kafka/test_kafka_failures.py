import pytest
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    InvalidProducerEpoch,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NotEnoughReplicasError,
    ProducerFenced,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedCodecError,
)

from engine.errors import Fenced, Forbidden, LogError, RecordTooLarge, Unavailable
from engine.kafka.failures import is_outage, translated, translated_in_transaction, translating


def caused(outer: Exception, *causes: Exception) -> Exception:
    at: BaseException = outer
    for cause in causes:
        at.__cause__ = cause
        at = cause
    return outer


OUTAGES = [
    KafkaConnectionError("gone"),
    NotEnoughReplicasError(),
    KafkaTimeoutError(),
    TimeoutError(),
    ConnectionRefusedError(),
    caused(KafkaError("Unexpected error during batch delivery"), KafkaConnectionError("gone")),
    caused(KafkaError("outer"), KafkaError("middle"), ConnectionResetError()),
    AssertionError("Did we not perform bootstrap?"),
]
OTHERS = [
    ProducerFenced(),
    InvalidProducerEpoch(),
    KafkaError("whatever"),
    AssertionError(),
    caused(KafkaError(), ValueError()),
]


@pytest.mark.parametrize("exc", OUTAGES, ids=repr)
def test_an_outage_is_known_however_deeply_it_is_wrapped(exc: Exception) -> None:
    assert is_outage(exc)
    assert isinstance(translated(exc, "reading"), Unavailable)
    assert isinstance(translated_in_transaction(exc, "committing"), Unavailable)


@pytest.mark.parametrize("exc", OTHERS, ids=repr)
def test_any_other_failure_of_a_transaction_means_open_again(exc: Exception) -> None:
    assert not is_outage(exc)
    assert isinstance(translated_in_transaction(exc, "committing"), Fenced)


def test_what_is_ours_already_stays_as_it_is() -> None:
    ours = RecordTooLarge("t", 2, 1)
    assert translated(ours, "x") is ours
    assert translated_in_transaction(ours, "x") is ours


def test_a_refusal_is_no_outage_and_says_what_was_being_done() -> None:
    with pytest.raises(LogError, match=r"^listing: .*TopicAuthorization") as refused, translating("listing"):
        raise TopicAuthorizationFailedError("t")
    assert not isinstance(refused.value, Unavailable | Fenced)


@pytest.mark.parametrize(
    "exc",
    [
        TransactionalIdAuthorizationFailed("id"),
        caused(KafkaError("Unexpected error during batch delivery"), GroupAuthorizationFailedError("g")),
    ],
    ids=repr,
)
def test_a_right_that_is_missing_is_known_however_deeply_it_is_wrapped(exc: Exception) -> None:
    for made in (translated(exc, "reading"), translated_in_transaction(exc, "committing")):
        assert isinstance(made, Forbidden)
        assert "Authorization" in str(made)


def test_a_codec_that_is_missing_is_named() -> None:
    assert "cramjam" in str(translated(UnsupportedCodecError("zstd"), "reading"))
