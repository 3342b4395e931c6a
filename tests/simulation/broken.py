"""Logs with a fault of their own, to show that the simulation finds such faults."""

import asyncio

from typing_extensions import override

from engine.ports import Intake, Mark, Opened, Writes
from engine.state import pack, unpack
from tests.simulation.log import SimLog, SimTaskLog


class Unfenced(SimTaskLog):
    """Commits whoever asks, and does not compare positions."""

    @override
    async def commit(self, writes: Writes) -> Mark | None:
        self._epoch = self._disk.lease(self._group.name, self._partition).epoch
        writes.before = {source: self._position(source) for source in writes.after}
        return await super().commit(writes)


class PositionsFirst(SimTaskLog):
    """Commits the positions, and a moment later the outputs and the state."""

    @override
    async def commit(self, writes: Writes) -> Mark | None:
        await super().commit(Writes(before=writes.before, after=writes.after))
        await asyncio.sleep(0.001)
        return await super().commit(Writes(outputs=writes.outputs, changelog=writes.changelog))


class OutputsFirst(SimTaskLog):
    """Commits the outputs, and a moment later the state and the positions."""

    @override
    async def commit(self, writes: Writes) -> Mark | None:
        await super().commit(Writes(outputs=writes.outputs))
        await asyncio.sleep(0.001)
        return await super().commit(Writes(changelog=writes.changelog, before=writes.before, after=writes.after))


class OutputsForgotten(SimTaskLog):
    """Commits positions and state and, once in a while, not the outputs."""

    @override
    async def commit(self, writes: Writes) -> Mark | None:
        if self.world.chance(0.02):
            writes.outputs = {}
        return await super().commit(writes)


class StaleState(SimTaskLog):
    """Opens with the positions of now and with state from before the last change."""

    @override
    async def open(self, into: Intake | None = None, *, anywhere: bool = False) -> Opened:
        found = await super().open(into, anywhere=anywhere)
        kept = dict(list(found.changelog.items())[:-1])
        return found._replace(changelog=kept | {k: v for k, v in found.changelog.items() if k[:1] == b"\0"})


class NoDeadlines(SimTaskLog):
    """Opens with all states and without the deadlines that stand before them."""

    @override
    async def open(self, into: Intake | None = None, *, anywhere: bool = False) -> Opened:
        found = await super().open(into, anywhere=anywhere)
        kept = {
            key: value if key[:1] == b"\0" else pack(None, unpack(value)[1]) for key, value in found.changelog.items()
        }
        return found._replace(changelog=kept)


class OldEnds(SimTaskLog):
    """Says, once in a while, that nothing is left to read."""

    @override
    async def ends(self) -> dict[str, int]:
        found = await super().ends()
        return dict.fromkeys(found, 0) if self.world.chance(0.2) else found


def log_with(broken: type[SimTaskLog]) -> type[SimLog]:
    """A log whose tasks are broken in that way."""
    return type(broken.__name__, (SimLog,), {"task_log": broken})
