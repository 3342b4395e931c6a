"""`leadstream worker` of some task groups alone, as if the others were stopped or slow. Run as
`python -m tests.system.some_worker worker GROUP...`; settings as everywhere.
"""

import click

from engine.faust_app import build_task_app
from leadstream.cli.options import command
from leadstream.cli.workers import Watching, _served
from leadstream.clock import now_us
from leadstream.deployment import app_name, opened, partition_count
from leadstream.serving import stop_on_signals
from leadstream.settings import Settings
from streams.programs import LEADS, agreement_program, speaking_programs


@click.group()
def main() -> None:
    """Programs that do a part of the work."""


@command(main, "worker")
@click.argument("groups", nargs=-1, required=True)
async def worker(settings: Settings, groups: tuple[str, ...]) -> None:
    stop = stop_on_signals()
    async with opened(settings) as log:
        speaking = speaking_programs(log, await partition_count(log), now_us)
        chosen = [each for each in (agreement_program(), *speaking.all) if each.group.name in groups]
        assert sorted(each.group.name for each in chosen) == sorted(groups)
        app = build_task_app(
            app_name(settings, LEADS), log, chosen, clock=now_us, session_timeout=settings.session_timeout
        )
        await _served(app, stop, settings, Watching())


if __name__ == "__main__":
    main()
