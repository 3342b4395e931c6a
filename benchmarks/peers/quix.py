"""Quix Streams doing the simple workload, exactly once, with its state in RocksDB and its own changelog topic.

Run by an interpreter that has it: `python -m benchmarks.peers.quix HOST:PORT PREFIX FOLDER`. Values travel as bytes and
are parsed in the handler. It commits every five seconds, as it does by default.
"""

import signal
import sys
from typing import Any

import orjson
from quixstreams import Application

from benchmarks.scores import EVENTS, OUT, scored

GROUP = "quix"


def main() -> None:
    """Run until stopped."""
    broker, prefix, folder = sys.argv[1:]
    app = Application(
        broker, consumer_group=f"{prefix}{GROUP}", auto_offset_reset="earliest", processing_guarantee="exactly-once",
        state_dir=folder, loglevel="WARNING",
    )  # fmt: skip
    raw = {"value_deserializer": "bytes", "value_serializer": "bytes"}
    source, out = app.topic(f"{prefix}{EVENTS}", **raw), app.topic(f"{prefix}{OUT}", **raw)

    def score(value: bytes, state: Any) -> bytes:
        found = state.get("score")
        now, told = scored(None if found is None else tuple(found), orjson.loads(value))
        state.set("score", now)
        return told

    frame = app.dataframe(source)
    frame.apply(score, stateful=True).to_topic(out)
    signal.signal(signal.SIGTERM, lambda *_: app.stop())
    app.run()


if __name__ == "__main__":
    main()
