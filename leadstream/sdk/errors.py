"""What can become of publishing besides an answer."""


class PublishError(Exception):
    """Something was not published."""


class FactRefused(PublishError):
    """A fact is not taken as it is; to send it again changes nothing.

    Attributes:
        field: which field is wrong, such as `data.channel`; empty where it is the whole.
        reason: what was expected.
        id: of the event, where it could be told.
    """

    def __init__(self, field: str, reason: str, id: str | None = None) -> None:  # noqa: A002 - as CloudEvents names it
        super().__init__(reason if not field or reason.endswith(f"({field})") else f"{reason} ({field})")
        self.field, self.reason, self.id = field, reason, id


class NotPublished(PublishError):
    """It did not come into the log in time, as far as is known here. Send the same again: nothing is doubled by it."""


class NotAllowed(PublishError):
    """Somebody has to act first: a key that is not taken, a right or a topic that is missing, a wrong address."""


class NotConfigured(NotAllowed, ValueError):
    """An address, a key or a setting is not as it must be: told when the publisher or its pace is made."""


class PublisherClosed(PublishError):
    """The publisher was closed before."""


class TryAgain(Exception):
    """For senders alone: the other side could not take it now; the same may be sent again.

    Attributes:
        after: seconds to wait at least, where the other side has said so.
    """

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after
