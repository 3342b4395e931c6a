"""`leadstream worker` with two differences: a record that says BUG makes the lead's handler raise, and topics are
taken as they are, checked or not. Run as `python -m tests.system.failing_worker worker`; settings as everywhere.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click
from typing_extensions import override

from engine.faust_app import build_task_app
from engine.host import Program
from engine.ports import FaustLog, Record
from engine.transaction import Transaction
from events.codec import Codec
from events.topics import LEAD_INBOX
from leadstream.cli.options import command
from leadstream.cli.workers import Watching, _served
from leadstream.clock import now_us
from leadstream.deployment import app_name, make_log
from leadstream.serving import stop_on_signals
from leadstream.settings import Settings
from streams.agents.agreements import AgreementReader
from streams.agents.lead_task import LeadProcessor
from streams.deciders.lead.given import Live
from streams.programs import LEADS, agreement_program

BUG = "a-bug-in-the-handler"


class FailingProcessor(LeadProcessor):
    """The lead's program with a bug that some records meet."""

    @override
    def decide(self, txn: Transaction[Live], record: Record, at: int) -> None:
        if BUG.encode() in (record.value or b""):
            raise ZeroDivisionError("the handler's bug")
        super().decide(txn, record, at)


@asynccontextmanager
async def unchecked(settings: Settings) -> AsyncIterator[FaustLog]:
    """The started log, its topics as they are."""
    log = make_log(settings)
    await log.start()
    try:
        yield log
    finally:
        await log.stop()


@click.group()
def main() -> None:
    """Programs with a fault in them."""


@command(main, "worker")
async def worker(settings: Settings) -> None:
    stop = stop_on_signals()
    async with unchecked(settings) as log:
        inbox = (await log.describe_topics([LEAD_INBOX]))[LEAD_INBOX]
        assert inbox is not None
        agreements = AgreementReader(log, Codec(), now_us)
        leads = Program(LEADS, inbox.partitions, lambda _: FailingProcessor(agreements, Codec()))
        app = build_task_app(
            app_name(settings, LEADS),
            log,
            [agreement_program(), leads],
            clock=now_us,
            session_timeout=settings.session_timeout,
        )
        await _served(app, stop, settings, Watching())


if __name__ == "__main__":
    main()
