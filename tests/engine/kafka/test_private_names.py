"""Every name of aiokafka and Faust that the engine uses though it is private, or overrides: still there, still so."""

import inspect
from importlib.metadata import version

import aiokafka.producer.sender as aiokafka_sender
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection
from aiokafka.producer.message_accumulator import BatchBuilder, MessageBatch
from faust.transport import base, consumer
from faust.transport.drivers import aiokafka as driver

from engine.kafka import seat, sending, transport
from engine.transport import TaskConsumer


def test_the_versions_are_those_the_engine_was_written_for() -> None:
    assert (version("faust-streaming"), version("aiokafka")) == ("0.15.3", "0.14.0")


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("owner", "ours", "names"),
    [
        (
            driver.Consumer,
            transport.Consumer,
            ["_new_consumer_thread", "_getmany", "highwater", "verify_event_path", "on_stop", "_to_message",
             "_new_offset", "_commit", "_add_gap", "perform_seek", "on_partitions_revoked", "on_partitions_assigned"],
        ),
        (
            driver.AIOKafkaConsumerThread,
            seat.ConsumerThread,
            ["on_start", "stop", "close", "subscribe", "_create_worker_consumer", "on_partitions_revoked",
             "on_partitions_assigned"],
        ),
    ],
)  # fmt: skip
def test_what_is_overridden_exists_with_the_same_parameters(owner: type, ours: type, names: list[str]) -> None:
    for name in names:
        assert parameters(getattr(owner, name)) == parameters(getattr(ours, name)), name


def test_a_request_that_has_timed_out_closes_its_connection_by_name() -> None:
    sent = inspect.getsource(AIOKafkaClient.send)
    assert "except asyncio.TimeoutError" in sent
    assert "self._conns[(node_id, group)].close(" in sent


def test_a_client_connects_where_ours_puts_its_own_locks() -> None:
    assert parameters(AIOKafkaClient._get_conn) == parameters(sending.Client._get_conn)
    assert parameters(AIOKafkaClient.send) == parameters(sending.Client.send)
    assert "async with self._get_conn_lock:" in inspect.getsource(AIOKafkaClient._get_conn)
    assert isinstance(inspect.getattr_static(AIOKafkaClient, "_get_conn_lock"), property)
    assert "self._last_action = time.monotonic()" in inspect.getsource(AIOKafkaConnection._handle_frame)


def test_the_mixin_comes_before_the_driver() -> None:
    order = inspect.getmro(transport.Consumer)
    assert order.index(TaskConsumer) < order.index(driver.Consumer)


def test_faust_still_fetches_and_drops_the_way_the_transport_expects() -> None:
    drain = inspect.getsource(consumer.Consumer._drain_messages)
    assert "r_offset is None or offset >= r_offset" in drain
    assert "_getmany" in inspect.getsource(consumer.Consumer._wait_next_records)
    assert "_read_offset" in inspect.getsource(consumer.Consumer.__init__)
    assert "call_thread" in dir(driver.AIOKafkaConsumerThread)
    assert "_ensure_consumer" in dir(driver.AIOKafkaConsumerThread)
    assert base.Producer.flush is not None


async def test_a_producer_has_what_dropping_it_needs() -> None:
    producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1", transactional_id="t")
    try:
        assert producer._closed is False
        assert producer._sender.sender_task is None
        accumulator = producer._message_accumulator
        assert (accumulator._exception, dict(accumulator._batches), accumulator._pending_batches) == (None, {}, set())
        assert producer._txn_manager._transaction_waiter is None
        assert producer.client._conns == {}
        assert "self._exception = exception" in inspect.getsource(accumulator.fail_all)
        builder = BatchBuilder(1000, 0, is_transactional=True)
        assert builder._relative_offset == 0
        assert builder._builder.append(0, 1000, b"k", b"v", []) is not None
        assert hasattr(MessageBatch(("t", 0), builder, 1.0, 0.0), "_drain_waiter")
    finally:
        producer._closed = True


async def test_connections_can_be_aborted() -> None:
    assert AIOKafkaConnection("127.0.0.1", 1)._writer is None
    assert "_conns" in inspect.getsource(AIOKafkaClient.__init__)


async def test_a_consumer_has_what_keeping_it_alive_needs() -> None:
    group = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1", group_id="g")
    with group._subscription.fetch_context():
        assert group._subscription.fetcher_idle_time == 0
    source = inspect.getsource(type(group).getmany)
    assert "check_errors()" in source
    assert "fetch_context()" in source
    from aiokafka.consumer.group_coordinator import GroupCoordinator  # noqa: PLC0415

    assert "self._coordination_task.done()" in inspect.getsource(GroupCoordinator.check_errors)


async def test_a_consumer_has_what_asking_for_its_place_needs() -> None:
    group = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1", group_id="g")
    assert group._client._conns == {}
    from aiokafka.consumer.group_coordinator import GroupCoordinator  # noqa: PLC0415

    assert "self.member_id = " in inspect.getsource(GroupCoordinator.__init__)
    assert "self.reset_generation()" in inspect.getsource(GroupCoordinator._do_heartbeat)
    assert "self.request_rejoin()" in inspect.getsource(GroupCoordinator.reset_generation)
    assert "self._heartbeat_task = None" in inspect.getsource(GroupCoordinator._stop_heartbeat_task)


def test_metadata_that_we_asked_for_ourselves_can_be_given_to_the_client() -> None:
    source = inspect.getsource(AIOKafkaClient._metadata_update)
    assert "cluster_metadata.update_metadata(metadata)" in source
    assert "metadata.brokers" in source


def test_the_pause_between_transactions_is_ours() -> None:
    assert aiokafka_sender.BACKOFF_OVERRIDE == 0.002
    assert "return BACKOFF_OVERRIDE" in inspect.getsource(aiokafka_sender.AddPartitionsToTxnHandler.handle_response)
