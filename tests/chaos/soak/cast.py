"""Who works during a soak, and what is done to them: processes killed, frozen, restarted, guests, the broker too.

Two are never killed, only frozen: the first worker and the first projector. What they hold is watched the whole time;
they keep no decoded states between batches, so that what they hold is what is stored, and no leak hides behind it.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from tests.chaos.worker import SESSION
from tests.support.kafka import KafkaCluster
from tests.support.process import Process, leadstream
from tests.system.homes import Home

STEADY = ("worker", "projector")
"""Names of those that are never killed."""
_OTHERS = ("worker-b", "worker-on-disk", "projector-b")
STANDING = r"^leadstream: (worker|projector) on "
"""What a process says when it listens to signals: before that one ends it at once."""
_STARTED_SECONDS = 120.0
_DECODED_MIB = 16


class Fault(NamedTuple):
    """Something to be done: what it is called, to whom, how."""

    name: str
    target: str
    do: Callable[[], Awaitable[None]]


@dataclass
class Place:
    """A place in the cast: whoever ends is started again under the same name, with the same data directory."""

    home: Home
    role: str
    state: str
    decoded_mib: int
    process: Process | None = None
    starts: int = 0

    def start(self) -> Process:
        self.starts += 1
        environment = {
            **self.home.environment,
            "LEADSTREAM_STATE": self.state,
            "LEADSTREAM_DECODED_MIB": str(self.decoded_mib),
            "LEADSTREAM_LOG_LEVEL": "info",
        }
        log = self.home.folder / f"{self.starts}.log"
        self.process = leadstream(self.role, log=log, env=environment)
        return self.process

    @property
    def living(self) -> Process:
        assert self.process is not None
        return self.process

    async def standing(self) -> Process:
        """Its process, when it has taken its seat: an orderly end is asked of nobody who is not yet there."""
        await asyncio.to_thread(self.living.wait_for, STANDING, _STARTED_SECONDS)
        return self.living


class Cast:
    """All of them.

    Attributes:
        done: how often each thing was done.

    Args:
        home: the deployment; every place gets a data directory of its own in it.
        cluster: the broker, if the log is on one.
        chance: what is done next, to whom, for how long.
    """

    def __init__(self, home: Home, cluster: KafkaCluster | None, chance: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self._home, self._cluster, self._chance = home, cluster, chance
        self._places = {name: self._place(name) for name in (*STEADY, *_OTHERS)}
        self._guests = 0

    def _place(self, name: str) -> Place:
        home = replace(self._home, folder=self._home.folder / name, broker=self._home.settings.url)
        home.folder.mkdir(parents=True)
        state, decoded = "rocksdb" if name.endswith("disk") else "memory", 0 if name in STEADY else _DECODED_MIB
        return Place(home, name.split("-", maxsplit=1)[0], state, decoded)

    def begin(self) -> None:
        """Everybody starts."""
        for place in self._places.values():
            place.start()

    @property
    def living(self) -> dict[str, Process]:
        """Whoever has a process, frozen or not."""
        return {name: place.living for name, place in self._places.items() if place.process and place.process.alive}

    def home_of(self, name: str) -> Home:
        """The deployment as that place sees it, with its data directory."""
        return self._places[name].home

    def assert_alive(self) -> None:
        """Nobody has ended by itself."""
        for name, place in self._places.items():
            if place.process is not None:
                process = place.process
                assert process.alive, f"{name} ended by itself with {process.returncode}:\n{process.tail()}"

    async def suffer(self) -> str:
        """One thing that goes wrong, or two at once to different ones; returned when it is over. What it was."""
        what = [self._chance.choice(self._all())]
        if self._chance.random() < 0.25:
            what.append(self._chance.choice([one for one in self._all() if one.target != what[0].target]))
        await asyncio.gather(*(one.do() for one in what))
        names = [one.name for one in what]
        self.done.update(names)
        return " and ".join(names)

    def _all(self) -> list[Fault]:
        worker, projector = self._chance.choice(("worker-b", "worker-on-disk")), "projector-b"
        anybody = self._chance.choice((*STEADY, *_OTHERS))
        found = [
            Fault("kill -9 of a worker", worker, lambda: self._kill(worker)),
            Fault("kill -9 of a worker", worker, lambda: self._kill(worker)),
            Fault("SIGTERM of a worker", worker, lambda: self._restart(worker)),
            Fault("kill -9 of a projector", projector, lambda: self._kill(projector)),
            Fault("SIGTERM of a projector", projector, lambda: self._restart(projector)),
            Fault("SIGSTOP and SIGCONT of one process", anybody, lambda: self._freeze(anybody)),
            Fault("SIGSTOP and SIGCONT of one process", anybody, lambda: self._freeze(anybody)),
            Fault("in and out of a guest", "guest", self._guest),
        ]
        if self._cluster is not None:
            found += [
                Fault("kill -9 of the broker", "broker", self._kill_broker),
                Fault("SIGSTOP and SIGCONT of the broker", "broker", self._freeze_broker),
            ]
        return found

    async def _kill(self, name: str) -> None:
        place = self._places[name]
        place.living.kill()
        place.process = None
        await asyncio.sleep(self._chance.random() * 2 * SESSION)
        place.start()

    async def _restart(self, name: str) -> None:
        place = self._places[name]
        process = await place.standing()
        place.process = None
        code = await asyncio.to_thread(process.stop, _STARTED_SECONDS)
        assert code == 0, f"{name}: an orderly end gave {code}:\n{process.tail()}"
        place.start()

    async def _freeze(self, name: str) -> None:
        process = self._places[name].living
        process.freeze()
        await asyncio.sleep(SESSION * (0.3 + 2 * self._chance.random()))
        process.thaw()

    async def _guest(self) -> None:
        self._guests += 1
        place = self._place(f"worker-guest-{self._guests}")
        place.start()
        process = await place.standing()
        await asyncio.sleep(2 * SESSION * self._chance.random())
        if self._chance.random() < 0.5:
            process.kill()
        else:
            assert await asyncio.to_thread(process.stop, _STARTED_SECONDS) == 0, process.tail()

    async def _kill_broker(self) -> None:
        assert self._cluster is not None
        self._cluster.kill()
        await asyncio.sleep(3 * self._chance.random())
        await asyncio.to_thread(self._cluster.start)

    async def _freeze_broker(self) -> None:
        assert self._cluster is not None
        process = self._cluster.process()
        process.freeze()
        await asyncio.sleep(1 + 9 * self._chance.random())
        process.thaw()

    async def end(self) -> None:
        """Everybody ends in order."""
        for name, place in self._places.items():
            process = await place.standing()
            code = await asyncio.to_thread(process.stop, _STARTED_SECONDS)
            assert code == 0, f"{name}: an orderly end gave {code}:\n{process.tail()}"

    def close(self) -> None:
        """Whoever is left is killed."""
        for place in self._places.values():
            if place.process is not None:
                place.process.kill()
