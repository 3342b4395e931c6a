"""The network of a test cluster, in our hands: between brokers, and between brokers and those who come by a door.

A *door* is a set of addresses of all brokers. Each broker listens for each door separately and tells whoever comes
through it the addresses of the same door; so all connections of a client go over the wires of the door it was given,
and one client can be cut off alone.

Brokers know each other by names. Every broker's Java gets a hosts file of its own in which each name stands for
another loopback address, the start of the wire from this broker to that one; so a broker can be cut off from the
others while clients still reach it. Needs Linux, where all of 127.0.0.0/8 is the loopback.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from tests.support.kafka_settings import Address
from tests.support.ports import free_ports
from tests.support.wire import Endpoint, Wire

_LOOPBACK = "127.0.0.1"
_START_SECONDS = 30.0


class KafkaNetwork:
    """Wires of a cluster, run by a thread of their own: a test that thinks hard must not slow the network down.

    Args:
        addresses: where the brokers listen.
        doors: how many doors there are.
    """

    def __init__(self, addresses: Sequence[Address], doors: int) -> None:
        self._addresses = addresses
        count = len(addresses)
        self._peers = free_ports(count)
        self._inside = [free_ports(count) for _ in range(doors)]
        self._doors = [
            [Wire(Endpoint(_LOOPBACK, *free_ports(1)), Endpoint(_LOOPBACK, port)) for port in ports]
            for ports in self._inside
        ]
        self._between = {
            (here, there): [
                Wire(Endpoint(_address(here, there), port), Endpoint(_LOOPBACK, port))
                for port in (self._peers[there], addresses[there].controller)
            ]
            for here in range(count)
            for there in range(count)
            if here != there
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kafka-network", daemon=True)

    def servers(self, door: int, broker: int | None = None) -> str:
        """The brokers' addresses at a door as Kafka clients want them: "127.0.0.1:port,…", or those of one broker."""
        wires = self._doors[door] if broker is None else [self._doors[door][broker]]
        return ",".join(f"{wire.at.host}:{wire.at.port}" for wire in wires)

    def door(self, *doors: int) -> list[Wire]:
        """The wires of these doors, of all if none is named."""
        return [wire for door in doors or range(len(self._doors)) for wire in self._doors[door]]

    def around(self, broker: int) -> list[Wire]:
        """The wires between a broker and all others, both ways."""
        return [wire for ends, wires in self._between.items() if broker in ends for wire in wires]

    def settings(self, broker: int) -> dict[str, str]:
        """What the broker's properties have to say besides, or in place of, the ordinary."""
        own, count = self._addresses[broker], len(self._addresses)
        doors = [
            (f"DOOR{number}", wires[broker].at.port, inside[broker])
            for number, (wires, inside) in enumerate(zip(self._doors, self._inside, strict=True))
        ]
        ways = ["PLAINTEXT", "CONTROLLER", "PEERS", *(name for name, _, _ in doors)]
        voters = (f"{i + 1}@{_name(i)}:{self._addresses[i].controller}" for i in range(count))
        return {
            "controller.quorum.voters": ",".join(voters),
            "inter.broker.listener.name": "PEERS",
            "listener.security.protocol.map": ",".join(f"{way}:PLAINTEXT" for way in ways),
            "listeners": ",".join(
                [
                    f"PLAINTEXT://{_LOOPBACK}:{own.clients}",
                    f"CONTROLLER://{_LOOPBACK}:{own.controller}",
                    f"PEERS://{_LOOPBACK}:{self._peers[broker]}",
                    *(f"{name}://{_LOOPBACK}:{inside}" for name, _, inside in doors),
                ]
            ),
            "advertised.listeners": ",".join(
                [
                    f"PLAINTEXT://{_LOOPBACK}:{own.clients}",
                    f"PEERS://{_name(broker)}:{self._peers[broker]}",
                    *(f"{name}://{_LOOPBACK}:{outside}" for name, outside, _ in doors),
                ]
            ),
        }

    def hosts(self, broker: int) -> str:
        """The hosts file of the broker's Java."""
        names = [(_address(broker, there), _name(there)) for there in range(len(self._addresses))]
        return "".join(f"{address} {name}\n" for address, name in [(_LOOPBACK, "localhost"), *names])

    def start(self) -> None:
        """Let everything through from now on; a second time nothing happens."""
        if not self._thread.is_alive():
            self._thread.start()
            self._wait(self._opened())

    def close(self) -> None:
        """Break everything off."""
        if self._thread.is_alive():
            self._wait(self._closed())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def each(self, wires: Iterable[Wire], act: Callable[[Wire], None]) -> None:
        """Do something to wires, in the network's own thread: `network.each(network.door(0), Wire.cut)`."""

        async def do() -> None:
            for wire in wires:
                act(wire)

        self._wait(do())

    def mend(self) -> None:
        """Make every wire fast and whole."""
        self.each(self._all(), Wire.mend)

    def _all(self) -> list[Wire]:
        return [*self.door(), *(wire for wires in self._between.values() for wire in wires)]

    async def _opened(self) -> None:
        for wire in self._all():
            await wire.open()

    async def _closed(self) -> None:
        for wire in self._all():
            await wire.close()

    def _wait(self, doing: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(doing, self._loop).result(_START_SECONDS)


def _name(broker: int) -> str:
    return f"broker-{broker + 1}"


def _address(here: int, there: int) -> str:
    """Where the wire from one broker to another begins; to itself there is none."""
    return _LOOPBACK if here == there else f"127.1.{here + 1}.{there + 1}"
