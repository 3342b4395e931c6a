"""Commands of the command line made from commands to subjects: an option for each field, and the answer shown."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import click
import msgspec
from msgspec import inspect

from engine.ports import EventLog
from events.codec import Codec, Undecodable
from events.fact import Fact
from events.registry import WIRE_TYPE, wrap
from events.schema import meanings, summary
from leadstream.asking import NoAnswer
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.people import WHO
from leadstream.commanding import SOURCE, Told, ask_subject
from leadstream.deployment import opened, partition_count
from leadstream.settings import Settings
from leadstream.story import timeline

_PEOPLE = ("by", "owner")
"""Fields that name somebody."""
_COLUMNS = ("occurred_at", "fact", "says")
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class Asked(NamedTuple):
    """Whom the commands of a group go to.

    Attributes:
        group: the group of the command line they belong to.
        path: how it is called, such as `leadstream command`.
        subject: what is asked, such as `lead`; the name of the argument.
        example: the name of one.
        examples: by name of the command, an example of its options.
    """

    group: click.Group
    path: str
    subject: str
    example: str
    examples: Mapping[str, str]


def register(kind: type[Fact], asked: Asked) -> None:
    """Make a command of the command line from one to a subject: an option for each of its fields."""
    name = name_of(kind)

    async def run(settings: Settings, wait: float, command_id: str | None, form: str, **fields: Any) -> None:
        subject: str = fields.pop(asked.subject)
        given = {field: value for field, value in fields.items() if value is not None and value is not False}
        made, sent = checked(kind, subject, given, asked.subject.upper()), command_id or str(uuid4())
        async with opened(settings) as log:
            told = await told_by(log, settings, subject, made, name=sent, patience=wait)
        show_told(told, form)

    text = summary(kind).removeprefix("Command: ")
    run.__doc__ = (
        f"{text[:1].upper()}{text[1:]}\n\n\b\nExample: {asked.path} {name} {asked.example} "
        f"{asked.examples.get(name, '')}"
    )
    wrapped: Any = asking_options(format_option(run))
    told = meanings(kind)
    for field in reversed(inspect.type_info(kind).fields):  # type: ignore[attr-defined]
        wrapped = _option(field, told[field.name])(wrapped)
    command(asked.group, name)(click.argument(asked.subject, metavar=asked.subject.upper())(wrapped))


def name_of(kind: type[Fact]) -> str:
    """What people call a command: `hand-over` of `lead.hand_over.v1`."""
    return WIRE_TYPE[kind].split(".")[1].replace("_", "-")


def asking_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--wait` and `--id`."""
    function = click.option("--id", "command_id", metavar="ID", help="The command's id (default: a new one).")(function)
    return click.option(
        "--wait", type=click.FloatRange(min=0), default=30.0, show_default=True, metavar="SECONDS",
        help="How long to wait for the answer of a worker.",
    )(function)  # fmt: skip


async def told_by(log: EventLog, settings: Settings, subject: str, made: Fact, *, name: str, patience: float) -> Told:
    """What became of a command; no answer in time ends this one."""
    try:
        partitions = await partition_count(log)
        return await ask_subject(log, settings, partitions, subject, made, name=name, patience=patience)
    except NoAnswer as exc:
        fail(str(exc))


def checked(kind: type[Fact], subject: str, fields: dict[str, Any], argument: str) -> Fact:
    """The command, if its fields are as they must be.

    Raises:
        click.UsageError: one is not, or the subject cannot be one.
    """
    try:
        made: Fact = msgspec.convert(fields, kind)
    except msgspec.ValidationError as exc:
        raise click.UsageError(_by_option(str(exc))) from exc
    check_subject(made, subject, argument)
    return made


def _by_option(text: str) -> str:
    """What msgspec finds wrong, with the option instead of the path: "... - at `$.due`" is about `--due`."""
    what, _, field = text.partition(" - at `$.")
    if not field:
        return text
    if what == "Invalid RFC3339 encoded date":
        what = "expected a day such as 2026-02-20"
    return f"--{field.rstrip('`').replace('_', '-')}: {what}"


def check_subject(made: Fact, subject: str, argument: str) -> None:
    """Whether a command can be sent to a subject.

    Raises:
        click.UsageError: it cannot; the argument is to blame.
    """
    codec = Codec()
    try:
        codec.decode(codec.encode(wrap(made, id="1", source=SOURCE, subject=subject, time=_ANY_TIME)))
    except Undecodable as exc:
        raise click.UsageError(f"{argument}: {exc}") from exc


def show_told(told: Told, form: str) -> None:
    """The facts that followed, or the refusal, which ends the command."""
    answer = told.answer
    refuse(told, form)
    rows = timeline(told.facts)
    if form == "table":
        show(rows, form, columns=_COLUMNS, empty="accepted; nothing more followed")
    else:
        show([{"command": answer.command, "accepted": True, **row} for row in rows], form)


def refuse(told: Told, form: str) -> None:
    """End the command with the reason if it was refused."""
    answer = told.answer
    if answer.accepted:
        return
    if form != "table":
        row = {"command": answer.command, "accepted": False, "reason": answer.reason}
        show([{**row, "missing": "; ".join(answer.missing)}], form)
    fail(f"refused ({answer.reason}): {'; '.join(answer.missing)}")


def _option(field: Any, meaning: str) -> Any:
    flag, text = f"--{field.name.replace('_', '-')}", meaning[:1].upper() + meaning[1:]
    parts = getattr(field.type, "types", (field.type,))
    kinds = {type(part) for part in parts}
    if inspect.BoolType in kinds:
        return click.option(flag, field.name, is_flag=True, help=text)
    choices = next((part.values for part in parts if isinstance(part, inspect.LiteralType)), None)
    number = inspect.IntType in kinds
    person = field.name in _PEOPLE
    metavar = "N" if number else "WHO" if person else field.name.upper()
    if inspect.DateType in kinds:
        metavar = "DAY"
    return click.option(
        flag, field.name, required=field.required, help=text,
        type=click.Choice(choices) if choices else int if number else WHO if person else str,
        metavar=None if choices else metavar,
    )  # fmt: skip
