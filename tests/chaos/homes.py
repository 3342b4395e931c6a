"""Whole deployments under fire: a home on either log, a small company's week, and what must come out of it."""

import os
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

import pytest

from events.registry import UPSTREAM
from leadstream.demo.company import Arrival, Week, simulated_week
from leadstream.demo.feeding import feed, publish_agreement
from leadstream.deployment import opened
from leadstream.running import run_until_idle
from tests.support.kafka import KafkaCluster
from tests.system.homes import Home, Outcome, outcome

PARTITIONS = 2
WEEK = Week(seed=11, days=2, leads_per_day=8)
_numbers = count(1)


def home_on(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Home]:
    """A fresh deployment on the embedded log or the shared broker, for a fixture to yield from."""
    broker = prefix = ""
    if kind == "kafka":
        cluster: KafkaCluster = request.getfixturevalue("kafka")
        broker, prefix = cluster.url, f"i{os.getpid()}x{next(_numbers)}-"
    home = Home(folder, PARTITIONS, broker, prefix, session_timeout=2.0)
    yield home
    home.close()


AGREEMENT = (Path(__file__).parent / "agreement.yaml").read_text("utf-8")
"""Promises, and nothing that one lead says to another: who gets a lead depends on who asks first."""


def week(of: Week = WEEK) -> list[Arrival]:
    """What arrives but commands: always the same bytes, some of it twice, late or broken.

    What becomes of a command depends on what is known when it arrives, and faults change that.
    """
    return [each for each in simulated_week(of) if each.envelope is None or type(each.envelope.data) in UPSTREAM]


async def fed(home: Home, arrivals: Iterable[Arrival], *, agreement: bool = True) -> None:
    """Make the deployment, publish its agreement, and let this arrive, each at its own time."""
    async with opened(home.settings, create=True) as log:
        if agreement:
            await publish_agreement(log, AGREEMENT)
        await feed(log, PARTITIONS, arrivals, history=True)


async def ran(home: Home, until: int | None = WEEK.end) -> Outcome:
    """Decide all that is there, let time pass up to an instant, and collect what came out."""
    async with opened(home.settings) as log:
        await run_until_idle(log, home.settings, PARTITIONS, until=until)
    return await outcome(home)


async def undisturbed(folder: Path, arrivals: Iterable[Arrival] | None = None) -> Outcome:
    """What comes out when nothing goes wrong, on the embedded log."""
    home = Home(folder, PARTITIONS)
    await fed(home, week() if arrivals is None else arrivals)
    return await ran(home)
