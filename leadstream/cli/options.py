"""Options every command takes, before or after its name, and how errors end a command."""

import asyncio
import functools
import logging
import os
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import click
from pydantic import ValidationError

from engine.errors import LogError
from events.codec import Undecodable
from leadstream.advice import advised
from leadstream.kafka_access import ACCESS
from leadstream.settings import Settings
from leadstream.settings_file import CONFIG_FILE, BadFile, written
from projections.stores.port import StoreError

FORMATS = ("table", "json", "csv")
SOURCES = "sources"
"""Where the file names the ways in for vendors and forms."""
_GLOBAL = (
    ("--broker", {"metavar": "URL", "help": "sqlite:///path (default: one file in the data directory) or kafka://host:port,…"}),
    ("--data-dir", {"metavar": "DIR", "help": "Where views and the embedded log live (default: leadstream-data)."}),
    ("--store", {"metavar": "URL", "help": "postgresql://user@host/db for the views' tables (default: a SQLite file)"}),
    ("--log-level", {"type": click.Choice(["debug", "info", "warning", "error"]), "help": "How much is logged."}),
    ("--partitions", {"type": int, "metavar": "N", "help": "Partitions of topics made by this command (default: 4)."}),
    ("--prefix", {"metavar": "TEXT", "help": "Put before every Kafka topic and group, to share a cluster."}),
    ("--replication", {"type": int, "metavar": "N", "help": "Replicas per partition on Kafka (default: 1)."}),
    ("--session-timeout", {"type": float, "metavar": "SECONDS", "help": "After which a silent worker is replaced."}),
    ("--static-name", {"metavar": "NAME", "help": "Keeps a worker's place in its Kafka group over a restart."}),
    ("--state", {"type": click.Choice(["memory", "rocksdb"]), "help": "Where workers keep states (default: memory)."}),
    ("--decoded-mib", {"type": int, "metavar": "N", "help": "MiB of states a task keeps decoded, too (default: 16)."}),
    ("--secret", {"metavar": "TEXT", "help": "Key of hashes made from personal keys; better as LEADSTREAM_SECRET."}),
)  # fmt: skip


def global_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that stand before or after any command."""
    for flag, extra in reversed(_GLOBAL):
        name = flag.strip("-").replace("-", "_")
        command = click.option(flag, name, default=None, envvar=_variable(name), **extra)(command)
    return command


def _variable(name: str) -> str:
    return f"LEADSTREAM_{name.upper()}"


def names() -> list[str]:
    """The parameter names of the global options."""
    return [flag.strip("-").replace("-", "_") for flag, _ in _GLOBAL]


def settings_of(context: click.Context) -> Settings:
    """The settings: options after the command, then before it, then the environment, then leadstream.toml."""
    in_file = {name: value for name, value in from_file().items() if name in (*names(), *ACCESS)}
    chosen: dict[str, Any] = {name: value for name in ACCESS if (value := os.environ.get(_variable(name)))}
    at: click.Context | None = context
    levels = []
    while at is not None:
        levels.append(at)
        at = at.parent
    for source in (click.core.ParameterSource.ENVIRONMENT, click.core.ParameterSource.COMMANDLINE):
        for level in reversed(levels):
            for name in names():
                if level.params.get(name) is not None and level.get_parameter_source(name) == source:
                    chosen[name] = level.params[name]
    try:
        return Settings(**{**in_file, **chosen})
    except ValidationError as exc:
        first = exc.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        option = name.replace("_", "-")
        where = _variable(name) if name in ACCESS else f"--{option}"
        if name in in_file and name not in chosen:
            where = f"{CONFIG_FILE}: {option}"
        raise click.UsageError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from exc


def from_file() -> dict[str, Any]:
    """What leadstream.toml in the working directory says: the global options, `format`, and `sources`.

    Raises:
        click.UsageError: it cannot be read, or has a name that is no option, or a format there is not.
    """
    try:
        said = written()
    except BadFile as exc:
        raise click.UsageError(str(exc)) from exc
    allowed = [*names(), *ACCESS, "format", SOURCES]
    if unknown := [name for name in said if name not in allowed]:
        raise click.UsageError(f"{CONFIG_FILE}: there is no option {unknown[0]!r}; there are {', '.join(allowed)}")
    if (form := said.get("format", FORMATS[0])) not in FORMATS:
        raise click.UsageError(f"{CONFIG_FILE}: format: {form!r} is not one of {', '.join(FORMATS)}")
    if not isinstance(said.get(SOURCES, {}), dict):
        raise click.UsageError(f"{CONFIG_FILE}: {SOURCES}: expected tables such as [{SOURCES}.contact-form]")
    return said


def command(
    group: click.Group, name: str, loop: Callable[[], asyncio.AbstractEventLoop] | None = None, **extra: Any
) -> Callable[[Callable[..., Coroutine[Any, Any, Any]]], click.Command]:
    """Register an async function as a command that gets `Settings` first and ends with a clear error.

    Args:
        group: where it belongs.
        name: what people call it.
        loop: makes the event loop it runs on; by default the standard one.
        extra: for click.
    """

    def register(function: Callable[..., Coroutine[Any, Any, Any]]) -> click.Command:
        @functools.wraps(function)
        def run(**arguments: Any) -> None:
            context = click.get_current_context()
            own = {key: value for key, value in arguments.items() if key not in names()}
            settings = settings_of(context)
            logging.basicConfig(
                level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
            )
            try:
                with asyncio.Runner(loop_factory=loop) as runner:
                    runner.run(function(settings, **own))
            except (LogError, StoreError, OSError) as exc:
                fail(advised(exc))
            except Undecodable as exc:  # of the canonical log: what comes from outside becomes a dead letter
                fail(f"the log holds a fact that this version cannot read ({exc}); use the one that wrote it")
            except KeyboardInterrupt:
                fail("stopped")

        return group.command(name, **extra)(global_options(run))

    return register


def say(text: str) -> None:
    """Tell people a line on stderr, while what is asked for goes to stdout."""
    click.echo(f"leadstream: {text}", err=True)


def fail(message: str, code: int = 1) -> NoReturn:
    """End with one clear line on stderr and an exit code."""
    say(message)
    raise click.exceptions.Exit(code)
