"""The root of the command line. Each command lives in a module of its own."""

import click

from leadstream import __version__
from leadstream.cli.options import global_options


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done, 1 refused or failed (one line on stderr), 2 wrong use. The options above and --format "
    "can also be set as LEADSTREAM_<OPTION> or in leadstream.toml (broker = 'kafka://…'). What is nearer wins: after "
    "the command, before it, environment, file.",
)
@global_options
@click.version_option(__version__, prog_name="leadstream")
def main(**_: object) -> None:
    """Scores, SLA verdicts and pipeline views from lead events, exactly once, right in time.

    \b
    First steps, on one embedded file:
      leadstream demo                                   see it live
      leadstream agreement publish agreement.yaml --as "me"
      leadstream publish facts.jsonl                    CloudEvents, one JSON a line
      leadstream run --until-idle                       decide all that is there
      leadstream view leads
    """


def _load() -> None:
    """Register every command with the root."""
    from leadstream.cli import (  # noqa: F401, PLC0415 - importing registers them; they need `main`
        agreement,
        agreement_show,
        command,
        connectors,
        council,
        dead_letters,
        dead_letters_retry,
        demo,
        export,
        fetch,
        gateway,
        import_history,
        keys,
        lead,
        opportunity,
        publish,
        raw,
        repair,
        run,
        schema,
        topics,
        verify,
        view,
        waiting,
        workers,
    )


_load()
