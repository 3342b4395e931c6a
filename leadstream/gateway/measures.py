"""What a gateway counts while it answers. Written by its event loop, read by the thread that serves metrics."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_FIXED = frozenset({"/v1/events", "/v1/views", "/v1/health", "/v1/openapi.json"})
_NAMED = {
    "hooks": "/v1/hooks/{source}",
    "commands": "/v1/commands/{name}",
    "answers": "/v1/answers/{id}",
    "leads": "/v1/leads/{id}",
    "opportunities": "/v1/opportunities/{id}",
    "views": "/v1/views/{name}",
}
OTHER = "other"


class Spread:
    """How values are spread, as Prometheus keeps a histogram.

    Args:
        bounds: upper ends of the classes, ascending; a value on a bound belongs to its class.

    Attributes:
        total: the sum of all values.
    """

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds, self._counts, self.total = bounds, [0] * (len(bounds) + 1), 0.0

    def note(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, float]]:
        """Upper ends and how many values lie at or below each, the last one for all."""
        found, below = list[tuple[str, float]](), 0
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            below += count
            found.append((bound, below))
        return found


@dataclass(slots=True)
class Measures:
    """Counts since the process began. Every label is one of a bounded number.

    Attributes:
        ticks: a clock that never goes back, in seconds.
        requests: (route, status) -> requests answered.
        seconds: route -> how long they took, from the end of the head to the answer.
        events: (id of the key, outcome) -> events of `POST /v1/events`.
        hooks: (way in, outcome) -> requests of vendors and forms; `refused`: not from whom they should be.
        facts: (way in,) -> facts told by new requests.
        letters: (way in, reason) -> dead letters of new requests.
        commands: (name, outcome) -> commands; `undecided`: no answer in time.
        limited: (`key` or `source`, its id or name) -> requests that came too often.
        commit_records: records of an append.
        commit_seconds: how long an append took.
        commit_failures: appends that the log did not take.
        waiting_bytes: what waits for the log, or is on its way into it.
        waiting_since: by `ticks`, since when the oldest of it does; None when nothing waits.
    """

    ticks: Callable[[], float] = monotonic
    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: defaultdict[str, Spread] = field(default_factory=lambda: defaultdict(lambda: Spread(SECONDS)))
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    hooks: Counter[tuple[str, str]] = field(default_factory=Counter)
    facts: Counter[tuple[str]] = field(default_factory=Counter)
    letters: Counter[tuple[str, str]] = field(default_factory=Counter)
    commands: Counter[tuple[str, str]] = field(default_factory=Counter)
    limited: Counter[tuple[Literal["key", "source"], str]] = field(default_factory=Counter)
    commit_records: Spread = field(default_factory=lambda: Spread(RECORDS))
    commit_seconds: Spread = field(default_factory=lambda: Spread(SECONDS))
    commit_failures: int = 0
    waiting_bytes: int = 0
    waiting_since: float | None = None

    def answered(self, path: str, status: int, began: float) -> None:
        """Count a request.

        Args:
            path: as it was asked for.
            status: of the answer.
            began: by `ticks`.
        """
        route = route_of(path)
        self.requests[route, int(status)] += 1
        self.seconds[route].note(self.ticks() - began)

    @property
    def waiting_seconds(self) -> float:
        """How long the oldest of what is not in the log yet has waited for it; 0 when nothing does."""
        since = self.waiting_since
        return 0.0 if since is None else self.ticks() - since


def route_of(path: str) -> str:
    """Which of our routes a path is, whatever somebody asks for: the names in paths would be without number."""
    if path in _FIXED:
        return path
    root, _, rest = path.removeprefix("/v1/").partition("/")
    return _NAMED.get(root, OTHER) if rest and path.startswith("/v1/") else OTHER
