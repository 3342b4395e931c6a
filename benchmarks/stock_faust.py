"""Stock Faust doing the simple workload: an agent with a table and an output topic, everything at its defaults.

Run as `python -m benchmarks.stock_faust kafka://HOST:PORT PARTITIONS`. The table is kept in memory with its changelog
topic (Faust's default store) and `processing_guarantee` is `at_least_once` (Faust's default). With these an exception
in the agent acknowledges the record, an undecodable record is skipped, a failed send is only logged, and a crash
doubles outputs and counts; none of that happens in a benchmark without faults.

Values travel as bytes and are parsed in the agent, which is cheaper than Faust's own serialisers.
"""

import asyncio
import sys
from typing import Any

import faust
import orjson

from benchmarks.scores import EVENTS, OUT, scored

PREFIX = "stock-"
"""In front of every name on the broker."""
APP = f"{PREFIX}faust"
TABLE = "totals"
CHANGELOG = f"faust-{TABLE}-changelog"
"""The table's changelog, without the prefix."""


def app_of(url: str, partitions: int) -> faust.App:
    """The app; only what the machine demands is set: where the broker is, how many partitions, no web server."""
    app = faust.App(APP, broker=url, topic_partitions=partitions, web_enabled=False, autodiscover=False)
    source = app.topic(PREFIX + EVENTS, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    out = app.topic(PREFIX + OUT, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    totals = app.Table(TABLE)

    @app.agent(source)
    async def score(stream: Any) -> None:
        async for event in stream.events():
            key = event.key.decode()
            state, told = scored(totals.get(key), orjson.loads(event.value))
            totals[key] = state
            await out.send(key=event.key, value=told)

    return app


def main() -> None:
    """Run until stopped."""
    url, partitions = sys.argv[1:]
    app = app_of(url, int(partitions))
    faust.Worker(app, loglevel="WARNING", loop=asyncio.new_event_loop(), quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main()
