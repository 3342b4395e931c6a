"""aiokafka's errors in the engine's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    KafkaTimeoutError,
    KafkaUnavailableError,
    ProducerClosed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedCodecError,
)

from engine.errors import Fenced, Forbidden, LogError, Unavailable, Unreadable

_OUTAGES = (TimeoutError, OSError, KafkaTimeoutError, KafkaUnavailableError, ProducerClosed)


_FORBIDDEN = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
_NO_BROKER = "Did we not perform bootstrap?"


def knows_no_broker(exc: BaseException) -> bool:
    """Whether aiokafka asserts that it knows a broker, and it knows none.

    So it is for a moment after a broker was away for longer than its own session: it answers with an empty cluster.
    """
    return isinstance(exc, AssertionError) and exc.args == (_NO_BROKER,)


def is_outage(exc: BaseException | None) -> bool:
    """Whether brokers were out of reach, however deeply aiokafka wrapped it.

    Its sender hides a lost connection in a plain `KafkaError`, so the chain of causes is followed.
    """
    return any(
        isinstance(cause, (*_OUTAGES, Unavailable)) or getattr(cause, "retriable", False) or knows_no_broker(cause)
        for cause in _causes(exc)
    )


def is_forbidden(exc: BaseException | None) -> bool:
    """Whether the brokers refused for lack of rights, however deeply aiokafka wrapped it."""
    return any(isinstance(cause, _FORBIDDEN) for cause in _causes(exc))


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__


def translated(exc: BaseException, doing: str) -> LogError:
    """What to raise for a failed request outside a transaction."""
    known = _known(exc, doing)
    if known is not None:
        return known
    if isinstance(exc, UnsupportedCodecError):
        return unreadable(exc, doing)
    return LogError(f"{doing}: {exc!r}")


def unreadable(exc: BaseException, what: str) -> Unreadable:
    """What to raise for bytes that cannot be decoded, whatever the decoder raised: some errors look like an outage."""
    if isinstance(exc, UnsupportedCodecError):
        return Unreadable(f"{what}: records are compressed in a way this installation cannot read ({exc}); add cramjam")
    return Unreadable(f"{what}: cannot be read, what the log holds there is damaged: {exc!r}")


def translated_in_transaction(exc: BaseException, doing: str) -> LogError:
    """What to raise when a transaction failed: but for an outage its owner has to open again from the log."""
    return _known(exc, doing) or Fenced(f"{doing}: {exc!r}")


def _known(exc: BaseException, doing: str) -> LogError | None:
    """What to raise wherever it happens: what is ours already, a missing right, an outage."""
    if isinstance(exc, LogError):
        return exc
    if is_forbidden(exc):
        return Forbidden(f"{doing}: the brokers refuse it for lack of rights ({exc.__cause__ or exc!r}); grant them")
    if is_outage(exc):
        return Unavailable(f"{doing}: the brokers are out of reach ({exc!r})")
    return None


@contextmanager
def translating(doing: str) -> Iterator[None]:
    """Raise errors of aiokafka and of the network as ours."""
    try:
        yield
    except (KafkaError, OSError) as exc:  # TimeoutError is an OSError
        raise translated(exc, doing) from exc
