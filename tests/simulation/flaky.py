"""A program with a bug that comes and goes: it fails after it has changed what it was given."""

from dataclasses import replace
from typing import Any

from engine.host import Program
from engine.ports import Record
from engine.transaction import Transaction
from tests.simulation.world import World


def flaky(program: Program, world: World) -> Program:
    """The same program, failing now and then."""
    return replace(program, make=lambda number: Flaky(program.make(number), world))


class Flaky:
    """Around a processor."""

    def __init__(self, inner: Any, world: World) -> None:
        self._inner, self._world = inner, world
        self.load, self.dump, self.prepare = inner.load, inner.dump, inner.prepare
        self.milestone = inner.milestone

    def decide(self, txn: Transaction[Any], record: Record, at: int) -> None:
        self._inner.decide(txn, record, at)
        self._maybe()

    def wake(self, txn: Transaction[Any], key: bytes, due: int) -> None:
        self._inner.wake(txn, key, due)
        self._maybe()

    def sweep(self, txn: Transaction[Any], key: bytes, at: int) -> None:
        self._inner.sweep(txn, key, at)
        self._maybe()

    def finish(self, txn: Transaction[Any]) -> None:
        self._inner.finish(txn)
        self._maybe()

    def _maybe(self) -> None:
        if not self._world.calm and self._world.chance(self._world.plan.flaky):
            self._world.happened["program failed"] = self._world.happened.get("program failed", 0) + 1
            raise ValueError("a bug that comes and goes")
