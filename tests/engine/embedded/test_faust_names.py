"""Faust's inner names that the transport stands on are there in the pinned version."""

import inspect

import pytest
from faust import App
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport import base
from faust.transport.drivers import TRANSPORTS

from engine.embedded.broker import SCHEME, broker_url
from engine.embedded.transport import EmbeddedConsumer, EmbeddedProducer, EmbeddedTransport
from engine.transport import TaskConsumer


def test_the_broker_url_leads_to_the_transport() -> None:
    assert TRANSPORTS.by_url(broker_url()) is EmbeddedTransport
    assert broker_url().startswith(SCHEME)


FAUST_HOOKS = sorted(
    name
    for name, member in vars(EmbeddedConsumer).items()
    if getattr(member, "__override__", False) and name not in vars(TaskConsumer)
)


@pytest.mark.parametrize("name", FAUST_HOOKS)
def test_what_the_consumer_overrides_exists(name: str) -> None:
    assert hasattr(base.Consumer, name)


def test_no_hook_of_faust_is_left_abstract() -> None:
    assert not inspect.isabstract(EmbeddedConsumer)
    assert not inspect.isabstract(EmbeddedProducer)


def test_the_attributes_that_are_set_from_outside_exist() -> None:
    app = App("names", broker="kafka://", autodiscover=False)
    assert isinstance(app.consumer_generation_id, int)
    assert {"_assignment", "_active_tps"} <= set(vars(PartitionAssignor(app)))
    assert "_read_offset" in inspect.getsource(base.Consumer._drain_messages)
