"""`leadstream repair`: what to do when a worker has stopped because positions or states do not fit the log."""

import click

from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.clock import now_us
from leadstream.deployment import opened, partition_count
from leadstream.repairing import Repair, repair_all
from leadstream.running import Busy, wait_until_free
from leadstream.settings import Settings
from projections.worker import view_programs
from streams.programs import agreement_program, speaking_programs


@command(main, "repair")
@click.option("--yes", is_flag=True, help="Do it. Without, nothing is changed but who owns the tasks.")
@format_option
async def repair(settings: Settings, *, yes: bool, form: str) -> None:
    """Show what keeps tasks from going on, and with --yes put it right. Workers and projectors must be stopped.

    \b
    positions   outside what the log holds, since records were removed before they were read (retention, a topic made
                anew, an old copy put back): they go to the first record that is left. What was removed is lost.
                A position elsewhere than its state goes back to where the state stands, which loses nothing.
    states      of leads, and of accounts and others they speak to, that are missing, unreadable, of another format, or
                not what the facts say: folded anew from the event logs, which loses nothing.
    views       of a newer version, or not what the facts say: emptied; the projector folds them anew. Views of an older
                version the projector rebuilds by itself.

    \b
    Exit code 0: all is well, or was put right. 1: there is something to repair.
    Example: leadstream repair          then: leadstream repair --yes
    """
    async with opened(settings) as log:
        partitions = await partition_count(log)
        secret = settings.secret.encode()
        try:
            programs = (
                agreement_program(),
                *speaking_programs(log, partitions, now_us, secret).all,
                *view_programs(log, partitions),
            )
            await wait_until_free(log, programs, settings.session_timeout)
        except Busy as exc:
            fail(str(exc))
        found = await repair_all(log, partitions, secret, dry=not yes)
    show([repair._asdict() for repair in found], form, columns=Repair._fields, empty="nothing to repair")
    if found and not yes:
        fail("nothing was changed; look at what it loses, then: leadstream repair --yes")
