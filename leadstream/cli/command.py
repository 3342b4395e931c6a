"""`leadstream command`: asks a lead for something that may be refused, and tells the answer."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import click
import msgspec
from msgspec import inspect

from events.codec import Codec, Undecodable
from events.commands import LeadCommand
from events.fact import Fact
from events.registry import LEAD_COMMANDS, WIRE_TYPE, wrap
from events.schema import meanings, summary
from leadstream.asking import NoAnswer
from leadstream.cli.options import command, fail
from leadstream.cli.output import format_option, show
from leadstream.cli.root import main
from leadstream.commanding import SOURCE, Told, ask_lead
from leadstream.deployment import opened, partition_count
from leadstream.settings import Settings
from leadstream.story import timeline

EXAMPLES = {
    "accept": '--by "Ines"',
    "convert": '--by "Ines" --amount-minor 1250000 --currency EUR',
    "hand-over": '--by "lead desk" --owner "Ines"',
    "merge": '--by "Ines" --into 173001',
    "reassign": '--by "head of sales" --owner "Radu"',
    "recycle": '--by "Ines" --reason "asks again in May"',
    "reject": '--by "Ines" --reason no_budget --feedback "asks again in May"',
    "unconvert": '--by "Ines" --reason "ordered by mistake"',
    "unmerge": '--by "Ines" --reason "father and son"',
}
"""An example of each command's options."""
_COLUMNS = ("occurred_at", "fact", "says")


@main.group("command")
def command_group() -> None:
    """Ask a lead for something that may be refused: to be handed over, accepted, rejected, converted, ...

    The answer is printed: the facts that followed, or why it was refused and what is missing (exit code 1). The same
    command sent again with the same --id is answered as it was the first time.

    \b
    Examples:
      leadstream command reject 173688 --by "Ines" --reason no_budget
      leadstream command convert 173688 --by "Ines" --amount-minor 1250000 --currency EUR
    """


def register(kind: type[Fact]) -> None:
    """Make a command of the command line from a command to leads: an option for each of its fields."""
    name = WIRE_TYPE[kind].split(".")[1].replace("_", "-")

    async def run(settings: Settings, lead: str, wait: float, command_id: str | None, form: str, **fields: Any) -> None:
        given = {field: value for field, value in fields.items() if value is not None and value is not False}
        asked, sent = _checked(kind, lead, given), command_id or str(uuid4())
        async with opened(settings) as log:
            try:
                partitions = await partition_count(log)
                told = await ask_lead(log, settings, partitions, lead, asked, name=sent, patience=wait)
            except NoAnswer as exc:
                fail(str(exc))
        _show(told, form)

    text = summary(kind).removeprefix("Command: ")
    run.__doc__ = (
        f"{text[:1].upper()}{text[1:]}\n\n\b\nExample: leadstream command {name} 173688 {EXAMPLES.get(name, '')}"
    )
    wrapped: Any = format_option(run)
    wrapped = click.option("--id", "command_id", metavar="ID", help="The command's id (default: a new one).")(wrapped)
    wrapped = click.option(
        "--wait", type=click.FloatRange(min=0), default=30.0, show_default=True, metavar="SECONDS",
        help="How long to wait for the answer of a worker.",
    )(wrapped)  # fmt: skip
    told = meanings(kind)
    for field in reversed(inspect.type_info(kind).fields):  # type: ignore[attr-defined]
        wrapped = _option(field, told[field.name])(wrapped)
    command(command_group, name)(click.argument("lead", metavar="LEAD")(wrapped))


def _option(field: Any, meaning: str) -> Any:
    flag, text = f"--{field.name.replace('_', '-')}", meaning[:1].upper() + meaning[1:]
    kinds = {type(part) for part in getattr(field.type, "types", (field.type,))}
    if inspect.BoolType in kinds:
        return click.option(flag, field.name, is_flag=True, help=text)
    number = inspect.IntType in kinds
    metavar = "N" if number else "WHO" if field.name in ("by", "owner") else field.name.upper()
    return click.option(
        flag, field.name, type=int if number else str, required=field.required, metavar=metavar, help=text
    )


def _checked(kind: type[Fact], lead: str, fields: dict[str, Any]) -> LeadCommand:
    """The command, if its fields are as they must be."""
    try:
        made: LeadCommand = msgspec.convert(fields, kind)  # type: ignore[assignment]
    except msgspec.ValidationError as exc:
        raise click.UsageError(str(exc)) from exc
    codec = Codec()
    try:
        codec.decode(codec.encode(wrap(made, id="1", source=SOURCE, subject=lead, time=_ANY_TIME)))
    except Undecodable as exc:
        raise click.UsageError(f"LEAD: {exc}") from exc
    return made


_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def _show(told: Told, form: str) -> None:
    answer = told.answer
    if not answer.accepted:
        if form != "table":
            row = {"command": answer.command, "accepted": False, "reason": answer.reason}
            show([{**row, "missing": "; ".join(answer.missing)}], form)
        fail(f"refused ({answer.reason}): {'; '.join(answer.missing)}")
    rows = timeline(told.facts)
    if form == "table":
        show(rows, form, columns=_COLUMNS, empty="accepted; nothing more followed")
    else:
        show([{"command": answer.command, "accepted": True, **row} for row in rows], form)


for _kind in sorted(LEAD_COMMANDS, key=WIRE_TYPE.__getitem__):
    register(_kind)
