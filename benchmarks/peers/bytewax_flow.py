"""Bytewax doing the simple workload: a stateful map between a Kafka source and a Kafka sink, recovery switched on.

Run by an interpreter that has it: `python -m benchmarks.peers.bytewax_flow HOST:PORT PREFIX FOLDER`. At least once:
after a crash it goes on from its last snapshot and tells again what it had told since.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.connectors.kafka.operators as kafka
import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import cluster_main

from benchmarks.scores import EVENTS, OUT, scored


def flow_of(broker: str, prefix: str) -> Dataflow:
    """The dataflow."""

    def score(state: Any, event: Any) -> Any:
        return scored(None if state is None else tuple(state), event)

    flow = Dataflow("scores")
    source = kafka.input("in", flow, brokers=[broker], topics=[f"{prefix}{EVENTS}"], starting_offset=-2)
    keyed = op.map("parse", source.oks, lambda message: (message.key.decode(), orjson.loads(message.value)))
    told = op.stateful_map("score", keyed, score)
    rows = op.map("row", told, lambda row: KafkaSinkMessage(row[0].encode(), row[1]))
    kafka.output("out", rows, brokers=[broker], topic=f"{prefix}{OUT}")
    return flow


def main() -> None:
    """Run until stopped."""
    broker, prefix, folder = sys.argv[1:]
    init_db_dir(Path(folder), 1)
    cluster_main(
        flow_of(broker, prefix), [], 0, epoch_interval=timedelta(seconds=1), recovery_config=RecoveryConfig(folder)
    )


if __name__ == "__main__":
    main()
