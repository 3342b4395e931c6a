"""The circumstances in which a lead is decided about."""

from typing import TYPE_CHECKING

from streams.agreement.compiled import Agreement
from streams.agreement.known import Known

if TYPE_CHECKING:
    from streams.deciders.lead.given import Live


class Given:
    """The circumstances of one decision.

    Attributes:
        known: the agreements published so far.
        at: the lead's time: recorded_at of the fact being decided, microseconds.
        record_time: when the log took the causing record, microseconds.
        subject: the lead id.
        secret: the deployment's key for hashes of personal keys.
        latest: greatest instant of anything known about the lead before the fact being decided, microseconds.
        before: name of the agreement that governed the lead before the fact it is shown.
        late: set by a part when the fact came too late to change a verdict that it would have changed.
    """

    __slots__ = ("_found", "_name", "at", "before", "known", "late", "latest", "record_time", "secret", "subject")

    def __init__(self, known: Known, at: int, record_time: int, subject: str, secret: bytes = b"") -> None:
        self.known, self.at, self.record_time, self.subject, self.secret = known, at, record_time, subject, secret
        self.late, self.latest = False, 0
        self.before: str | None = None
        self._name: str | None = None
        self._found: Agreement | None = None

    def starting(self, live: "Live", at: int | None = None) -> Agreement | None:
        """The version that governs what starts with this lead, now or at an instant; a retired one starts nothing."""
        found = self.agreement(live, at)
        return None if found is None or found.is_over(self.at if at is None else at) else found

    def agreement(self, live: "Live", at: int | None = None) -> Agreement | None:
        """The version by which this lead lives, now or at an instant."""
        name = live.lead.agreement
        if at is not None:
            return None if name is None else self.known.in_force(name, at)
        if name != self._name:  # asked by every part, so it is looked up once
            self._name, self._found = name, None if name is None else self.known.in_force(name, self.at)
        return self._found
