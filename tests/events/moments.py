"""When the examples happened, and what they promise."""

from datetime import UTC, datetime

AT = datetime(2026, 3, 2, 9, 30, 0, 250_000, tzinfo=UTC)
DUE = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
MOVED = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
ANSWERED = datetime(2026, 3, 2, 10, 45, 0, 1, tzinfo=UTC)
