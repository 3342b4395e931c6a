"""The front door: the command line, the gateway, imports of history, and publishing from Python.

    from leadstream import Publisher
    from leadstream.facts import LeadCaptured

What publishes is imported when it is first asked for: who imports `leadstream` for its version pays for no log.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadstream.sdk.blocking import SyncPublisher
    from leadstream.sdk.errors import (
        FactRefused,
        NotAllowed,
        NotConfigured,
        NotPublished,
        PublisherClosed,
        PublishError,
    )
    from leadstream.sdk.port import Receipt
    from leadstream.sdk.publisher import Publisher
    from leadstream.sdk.sending import Pace
    from leadstream.sdk.telling import Event

__version__ = "0.1.0"
__all__ = [
    "Event",
    "FactRefused",
    "NotAllowed",
    "NotConfigured",
    "NotPublished",
    "Pace",
    "PublishError",
    "Publisher",
    "PublisherClosed",
    "Receipt",
    "SyncPublisher",
]

_HOME = {
    "Event": "telling",
    "FactRefused": "errors",
    "NotAllowed": "errors",
    "NotConfigured": "errors",
    "NotPublished": "errors",
    "Pace": "sending",
    "PublishError": "errors",
    "Publisher": "publisher",
    "PublisherClosed": "errors",
    "Receipt": "port",
    "SyncPublisher": "blocking",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, once."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"leadstream.sdk.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
