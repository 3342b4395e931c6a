"""A task's handle on nothing: what a task would have committed is kept here instead of being written."""

from collections.abc import Collection, Mapping

from engine.ports import Intake, Mark, Opened, Writes


class Kept:
    """Implements `engine.ports.TaskLog`.

    Attributes:
        rows: topic -> record key -> value, as a compacted topic would hold them.

    Args:
        start: next offset of every source, where the task begins.
        topics: those whose records are kept; others are let go.
    """

    def __init__(self, start: Mapping[str, int], topics: Collection[str]) -> None:
        self._start = dict(start)
        self.rows: dict[str, dict[bytes, bytes]] = {topic: {} for topic in topics}

    async def open(self, into: Intake | None = None, *, anywhere: bool = False) -> Opened:
        """A task that has never done anything."""
        del into, anywhere
        return Opened(dict(self._start), {})

    async def commit(self, writes: Writes) -> Mark | None:
        """Keep the rows; the state is where the task keeps it."""
        for (topic, _), records in writes.outputs.items():
            rows = self.rows.get(topic)
            if rows is None:
                continue
            for record in records:
                if record.value is None:
                    rows.pop(record.key or b"", None)
                else:
                    rows[record.key or b""] = record.value
        return None

    async def ends(self) -> dict[str, int]:
        """Nothing more comes by itself."""
        return dict(self._start)

    async def close(self) -> None:
        """There is nothing to let go of."""
