"""The network between workers and three brokers is slow, cut or half dead: no worker ends, and all get on afterwards.

Each worker comes by a door of its own, so one of them can be cut off alone. Upstream comes by neither.
"""

import asyncio
import re
from collections.abc import Callable

import pytest
from aiokafka.errors import RequestTimedOutError
from aiokafka.protocol.metadata import MetadataRequest

from engine.kafka.cluster import Cluster
from engine.kafka.dropping import drop_client
from engine.kafka.sending import Client
from engine.kafka.session import Session
from tests.chaos.driver import LONGER_THAN_A_SESSION, Scene
from tests.chaos.load import under_load
from tests.support.kafka import KafkaCluster
from tests.support.kafka_network import KafkaNetwork
from tests.support.process import Process
from tests.support.wire import Wire

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(3600)]

_LATENCY = 0.15
_A_FEW = ("brokers hear nothing", "half-open, brokers gone")
FAULTS: dict[str, Callable[[Wire], None]] = {
    "slow": lambda wire: wire.slow(_LATENCY),
    "brokers hear nothing": lambda wire: wire.cut(down=False),
    "workers hear nothing": lambda wire: wire.cut(up=False),
    "half-open, brokers gone": Wire.lose_servers,
    "half-open, workers gone": Wire.lose_clients,
}


def network_of(cluster: KafkaCluster) -> KafkaNetwork:
    assert cluster.network is not None
    return cluster.network


def two_workers(scene: Scene, network: KafkaNetwork) -> list[Process]:
    return [scene.start(url=f"kafka://{network.servers(door)}") for door in (0, 1)]


async def undisturbed(scene: Scene, workers: list[Process]) -> None:
    await scene.settled()
    assert await scene.verdict() == [], scene.report("the oracle disagrees")
    assert [worker.returncode for worker in workers] == [0, 0]


async def test_where_one_connection_is_found_dead_the_others_are_made_anew(three: KafkaCluster) -> None:
    """Else each of them would be found dead by itself, after as long as a request may take."""
    network, patience = network_of(three), 60.0
    cluster = Cluster(network.servers(0).split(","), Session(request=5.0), "asking")
    anything = MetadataRequest(None)
    for broker in (1, 2, 3):
        await cluster.send(broker, anything)
    network.each(network.door(0), Wire.lose_servers)
    with pytest.raises(RequestTimedOutError):
        await asyncio.wait_for(cluster.send(1, anything), patience)
    for broker in (1, 2, 3):
        await asyncio.wait_for(cluster.send(broker, anything), patience)
    await cluster.stop()


async def test_requests_that_time_out_together_on_one_connection_all_say_so(three: KafkaCluster) -> None:
    """One that said something else would end the coordination of a group for good."""
    network, anything = network_of(three), MetadataRequest(None)
    client = Client(**Session(request=3.0).client(network.servers(0).split(","), "asking"))
    await client.bootstrap()
    await client.send(1, anything)
    network.each(network.door(0), Wire.lose_servers)
    found = await asyncio.gather(*(client.send(1, anything) for _ in range(3)), return_exceptions=True)
    await drop_client(client)
    assert [type(each) for each in found] == [RequestTimedOutError] * 3


async def test_slow_deaf_and_half_open_networks_lose_nothing_and_end_no_worker(
    wide_scene: Scene, three: KafkaCluster
) -> None:
    scene, network = wide_scene, network_of(three)
    workers = two_workers(scene, network)
    async with under_load(scene) as progress:
        for name in FAULTS if scene.plan.full else _A_FEW:
            progress.begun()
            network.each(network.door(), FAULTS[name])
            await asyncio.sleep(LONGER_THAN_A_SESSION)
            network.mend()
            await progress.resumed(name)
    await undisturbed(scene, workers)


OPENED = r"\bopen task="


async def test_a_worker_that_is_cut_off_alone_is_replaced_and_comes_back(
    wide_scene: Scene, three: KafkaCluster
) -> None:
    scene, network = wide_scene, network_of(three)
    workers = two_workers(scene, network)
    async with under_load(scene) as progress:
        for door in (0, 1) if scene.plan.full else (0,):
            await asyncio.gather(*map(scene.at_work, workers))
            progress.begun()
            opened = len(re.findall(OPENED, workers[door].output()))
            network.each(network.door(door), Wire.cut)
            await progress.resumed(f"worker {door} cut off alone, replaced")
            network.mend()
            await progress.resumed(f"worker {door} cut off alone, back")
            again = rf"(?s:{OPENED}.*?){{{opened}}}{OPENED}"
            await asyncio.to_thread(workers[door].wait_for, again, 120.0)
    await undisturbed(scene, workers)


async def test_everything_is_cut_for_minutes_and_all_goes_on_where_it_was(
    wide_scene: Scene, three: KafkaCluster
) -> None:
    scene, network = wide_scene, network_of(three)
    workers = two_workers(scene, network)
    async with under_load(scene) as progress:
        progress.begun()
        network.each(network.door(), Wire.cut)
        await asyncio.sleep(scene.plan.cut)
        assert [worker.alive for worker in workers] == [True, True], scene.report("a worker did not wait")
        network.mend()
        await progress.resumed(f"everything cut for {scene.plan.cut} s")
    await undisturbed(scene, workers)
