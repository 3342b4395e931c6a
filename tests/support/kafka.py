"""A real Kafka on this machine: KRaft, one broker or several, loopback only, data in a folder that goes with it."""

import base64
import shutil
import signal
import tempfile
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support import reaper
from tests.support.kafka_jars import java, kafka_jars
from tests.support.kafka_network import KafkaNetwork
from tests.support.kafka_settings import Address, server_properties
from tests.support.ports import free_ports
from tests.support.process import Process

_STARTED = r"Kafka Server started"
_START_SECONDS = 300.0  # a busy machine with two cores; three brokers at once take 20 s on an idle one
_STOP_SECONDS = 120.0  # the same; a broker that leaves moves its leaders first
_LEFT_OVER_SECONDS = 20.0


class KafkaCluster:
    """A cluster of `brokers` nodes, each broker and controller in one.

    Nodes are named by their index from 0. Ports and data stay the same over stop, kill and start, so clients find a
    node again where it was. After a kill the controller waits out the dead broker's session (9 s, the setting
    broker.session.timeout.ms) before it lets it in again. As a context manager the cluster starts on entry and is gone,
    data and all, on exit.

    Args:
        brokers: how many; with three, topics get three replicas and need two of them in sync.
        heap_mb: the Java heap of each, in megabytes.
        settings: broker settings added or put in place of ours.
        listeners: further ones for clients, of a single broker: security protocol and port.
        users: names and passwords that SCRAM-SHA-256 and SCRAM-SHA-512 know.
        doors: with some, the network is in our hands (`network`), and clients may come by so many doors.

    Attributes:
        network: wires between brokers, and between brokers and doors; None without doors.

    Raises:
        MissingError: Java, Maven or the jars cannot be had (from `start`).
    """

    def __init__(
        self,
        brokers: int = 1,
        *,
        heap_mb: int = 768,
        settings: Mapping[str, str] | None = None,
        doors: int = 0,
        listeners: Mapping[str, int] | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.brokers = brokers
        self._heap_mb = heap_mb
        self._settings = dict(settings or {})
        self._listeners, self._users = dict(listeners or {}), dict(users or {})
        ports = free_ports(2 * brokers)
        self._addresses = [Address(*ports[2 * i : 2 * i + 2]) for i in range(brokers)]
        self.network = KafkaNetwork(self._addresses, doors) if doors else None
        self._running: dict[int, Process] = {}
        self._folder: Path | None = None

    @property
    def bootstrap(self) -> str:
        """The brokers' addresses as Kafka clients want them: "127.0.0.1:port,…"."""
        return ",".join(f"127.0.0.1:{address.clients}" for address in self._addresses)

    @property
    def url(self) -> str:
        """The same as our broker URL: "kafka://127.0.0.1:port,…"."""
        return f"kafka://{self.bootstrap}"

    def port(self, broker: int = 0) -> int:
        """The port clients use to reach one broker."""
        return self._addresses[broker].clients

    def start(self) -> None:
        """Start every broker that does not run, and wait until all serve clients.

        Raises:
            AssertionError: one did not come up; with the end of its log.
        """
        folder = self._prepared()
        self._start([i for i in range(self.brokers) if not self.alive(i)], folder)

    def start_broker(self, broker: int) -> None:
        """Start one broker and wait until it serves clients."""
        self._start([broker], self._prepared())

    def alive(self, broker: int = 0) -> bool:
        """Whether the broker's process is there, frozen or not."""
        return broker in self._running and self._running[broker].alive

    def process(self, broker: int = 0) -> Process:
        """The broker's process, to freeze and thaw it or to read its log.

        Raises:
            KeyError: it was never started, or was stopped.
        """
        return self._running[broker]

    def stop(self, broker: int | None = None) -> None:
        """Stop one broker, or all, cleanly: leaders move, logs are flushed. Data stays.

        When all of several stop, the last have no quorum left to sign off with and are killed after a while.
        """
        stopping = [self._running.pop(i) for i in self._chosen(broker)]
        for process in stopping:
            process.send(signal.SIGTERM)
        for process in stopping:
            try:
                process.wait(_STOP_SECONDS if len(stopping) == 1 else _LEFT_OVER_SECONDS)
            except AssertionError:
                process.kill()
                if len(stopping) == 1:
                    raise

    def kill(self, broker: int | None = None) -> None:
        """kill -9 one broker, or all. Data stays as the crash left it."""
        for i in self._chosen(broker):
            self._running.pop(i).kill()

    def close(self) -> None:
        """Kill what runs and remove the data."""
        self.kill()
        if self.network is not None:
            self.network.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            reaper.forget_folder(self._folder)
            self._folder = None

    def _chosen(self, broker: int | None) -> list[int]:
        return [i for i in ([broker] if broker is not None else list(self._running)) if i in self._running]

    def _prepared(self) -> Path:
        """Give the cluster's folder, made and formatted the first time."""
        if self._folder is not None:
            return self._folder
        java(), kafka_jars()
        folder = Path(tempfile.mkdtemp(prefix="leadstream-kafka-"))
        reaper.watch_folder(folder)
        self._folder = folder
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda i: self._format(i, folder, cluster_id), range(self.brokers)))
        return folder

    def _format(self, broker: int, folder: Path, cluster_id: str) -> None:
        properties, settings = folder / f"{broker}.properties", self._settings
        if self.network is not None:
            settings = {**self.network.settings(broker), **settings}
            (folder / f"{broker}.hosts").write_text(self.network.hosts(broker), encoding="ascii")
        properties.write_text(
            server_properties(broker, self._addresses, folder / f"data-{broker}", settings, self._listeners),
            encoding="ascii",
        )
        command = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", str(properties)]
        for name, password in self._users.items():
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
                command += ["--add-scram", f"{mechanism}=[name={name},password={password}]"]
        # It lives for a second: compiling it well would take longer than running it.
        tool = self._java(folder / f"format-{broker}.log", *command, options=("-XX:TieredStopAtLevel=1",))
        if tool.wait(_START_SECONDS):
            raise AssertionError(f"Kafka's storage could not be formatted:\n{tool.tail()}")

    def _start(self, brokers: list[int], folder: Path) -> None:
        if self.network is not None:
            self.network.start()
        for i in brokers:
            hosts = () if self.network is None else (f"-Djdk.net.hosts.file={folder / f'{i}.hosts'}",)
            arguments = "kafka.Kafka", str(folder / f"{i}.properties")
            self._running[i] = self._java(folder / f"{i}.log", *arguments, options=hosts)
        for i in brokers:
            self._running[i].wait_for(_STARTED, _START_SECONDS)

    def _java(self, log: Path, *command: str, options: tuple[str, ...] = ()) -> Process:
        options = (
            *options,
            f"-Xmx{self._heap_mb}m",
            "-XX:+UseSerialGC",  # small heap, few cores
            "-Djava.net.preferIPv4Stack=true",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
        )
        return Process([java(), *options, "-cp", f"{kafka_jars()}/*", *command], log=log)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
