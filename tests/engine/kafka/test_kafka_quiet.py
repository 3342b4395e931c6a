import importlib
import logging

import pytest
from mode.utils.logging import ExtensionFormatter

from engine.errors import Unavailable
from engine.kafka.log import KafkaLog, Session
from engine.kafka.quiet import RateLimit, quieten


def record(
    text: str, *args: object, at: float, level: int = logging.ERROR, name: str = "aiokafka.conn"
) -> logging.LogRecord:
    made = logging.LogRecord(name, level, "file", 1, text, args, None)
    made.created = at
    return made


def test_one_line_of_a_kind_passes_in_a_period_and_tells_how_many_did_not() -> None:
    limit = RateLimit(every=30.0)
    passed = []
    for second in range(70):
        line = record("cannot reach %s", second, at=1000.0 + second)
        if limit.filter(line):
            passed.append(line.getMessage())
    assert passed == [
        "cannot reach 0",
        "cannot reach 30 (and 29 more of this kind)",
        "cannot reach 60 (and 29 more of this kind)",
    ]


def test_a_line_that_tells_how_many_did_not_pass_can_be_written_by_a_faust_worker() -> None:
    limit = RateLimit(every=30.0)
    lines = [record("100 %% of %s", "it", at=at) for at in (0.0, 1.0, 40.0)]
    assert [limit.filter(line) for line in lines] == [True, False, True]
    assert "100 % of it (and 1 more of this kind)" in ExtensionFormatter(fmt="%(message)s").format(lines[-1])


def test_lines_of_other_kinds_are_counted_apart() -> None:
    limit = RateLimit(every=30.0)
    assert limit.filter(record("a", at=1.0))
    assert limit.filter(record("b", at=1.0))
    assert limit.filter(record("a", at=1.0, name="aiokafka.client"))
    assert not limit.filter(record("a", at=2.0))


def test_debug_lines_are_left_alone() -> None:
    limit = RateLimit()
    assert all(limit.filter(record("a", at=1.0, level=logging.DEBUG)) for _ in range(5))


def test_every_logger_of_aiokafka_is_limited_once() -> None:
    importlib.import_module("aiokafka")
    quieten()
    quieten()
    for name in ("aiokafka", "aiokafka.conn", "aiokafka.producer.sender", "aiokafka.consumer.group_coordinator"):
        assert [type(found) for found in logging.getLogger(name).filters] == [RateLimit], name


async def test_a_broker_out_of_reach_is_told_by_our_error_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="aiokafka")
    log = KafkaLog("kafka://127.0.0.1:1", session=Session(connect=2.0))
    with pytest.raises(Unavailable, match=r"no Kafka broker answers at 127\.0\.0\.1:1"):
        await log.start()
    await log.stop()
    assert [said for said in caplog.messages if "Unable connect" in said] == []


@pytest.mark.parametrize(("level", "passes"), [(logging.WARNING, False), (logging.INFO, True)])
def test_who_listens_to_what_goes_on_hears_of_every_connection(
    caplog: pytest.LogCaptureFixture, level: int, passes: bool
) -> None:
    caplog.set_level(level, logger="aiokafka")
    line = record('Unable connect to "%s:%s": %s', "host", 9092, "refused", at=1.0, name="aiokafka")
    assert RateLimit().filter(line) is passes
