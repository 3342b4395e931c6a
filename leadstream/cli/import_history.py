"""`leadstream import`: history through a declarative mapping."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import click

from engine.recordtime import TOLERANCE
from events.instants import iso
from leadstream.cli.import_options import PreviewCommand, reading_options
from leadstream.cli.import_preview import show_preview, tell_layout
from leadstream.cli.options import command, fail
from leadstream.cli.output import counted, format_option, show
from leadstream.cli.progress import progress
from leadstream.cli.root import main
from leadstream.clock import now_us
from leadstream.deployment import opened, partition_count
from leadstream.importing import (
    FilesError,
    MappingError,
    Options,
    Summary,
    content_of_file,
    digest,
    load_mapping,
    match_files,
    translate,
)
from leadstream.importing.earlier import Again, Brought, brought_again, imports_before
from leadstream.importing.loading import ImportRefused, Loaded, load
from leadstream.importing.refused import refused_before
from leadstream.settings import Settings


@command(main, "import", cls=PreviewCommand)
@click.argument("mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--preview",
    type=click.IntRange(min=1),
    metavar="[N]",
    help="Show what the first N rows (10) of each file become, and import nothing.",
)
@click.option("--late", is_flag=True, help="Take it also where there is something later: known from now on.")
@reading_options
@format_option
async def import_history(
    settings: Settings,
    mapping: Path,
    files: tuple[Path, ...],
    *,
    preview: int | None,
    late: bool,
    reading: Options,
    form: str,
) -> None:
    """Import lists and history from FILES as the YAML file MAPPING says: CSV, TSV, XLSX, JSON lines, XES or vCard.

    How each file is written is found out and told first: kind, encoding, delimiter, order of dates. Every row is
    accounted for: imported, skipped by a rule, or kept in the dead letters with its reason. Importing the same files
    again adds nothing. History comes before anything later; accounts and targets alone may come at any time.

    \b
    Examples: leadstream import examples/imports/bpi2012.yaml bpi2012_loan_funnel.csv.gz
              leadstream import examples/imports/targets.yaml examples/imports/targets.csv
              leadstream import --preview 5 --at 2026-03-02 examples/imports/outlook.yaml contacts.csv
    """
    try:
        rules = load_mapping(mapping)
        matched = match_files(rules, files)
        secret = settings.secret.encode()
        if preview is not None:
            show_preview(rules, matched, rows=preview, reading=reading, secret=secret, form=form)
            return
        contents = {path: content_of_file(path) for path in matched.values()}
        text = mapping.read_text(encoding="utf-8-sig")
        name = digest(text, matched.values(), reading, content=contents.__getitem__)
        named = {role: (path.name, contents[path]) for role, path in matched.items()}
        async with opened(settings) as log:
            refused = await refused_before(log, rules.name)
            earlier = brought_again(await imports_before(log), rules.name, named)
        for each in earlier:
            click.echo(_told_before(each, rules.name), err=True)
        with progress("reading") as advance:
            read = 0

            def on_rows(rows: int) -> None:
                nonlocal read
                advance(rows - read)
                read = rows

            translation = translate(
                rules, matched, on_rows, until=now_us() + TOLERANCE, options=reading, secret=secret, told=tell_layout,
                refused=refused,
            )  # fmt: skip
    except (MappingError, FilesError) as exc:
        _refuse(mapping, str(exc).splitlines())
    with closing(translation):
        rows = translation.summary.roles
        brought = [Brought(role, *file, rows=rows[role]) for role, file in named.items()]
        async with opened(settings) as log:
            partitions = await partition_count(log)
            with progress("importing", total=sum(translation.summary.facts.values())) as advance:
                try:
                    loaded = await load(log, partitions, translation, name, advance, late=late, files=brought)
                except ImportRefused as exc:
                    fail(str(exc))
    show(account(translation.summary, loaded, earlier), form)
    click.echo(_closing(translation.summary, loaded), err=True)


def _refuse(mapping: Path, problems: list[str]) -> NoReturn:
    """A single problem is the one clear line; several stand above it, a line each."""
    if len(problems) == 1:
        fail(problems[0])
    for problem in problems:
        click.echo(problem, err=True)
    fail(f"{mapping}: {len(problems)} problems")


def _told_before(again: Again, mapping: str) -> str:
    """A file was imported before: what that means for its rows."""
    before = again.before
    named = "" if before.name == again.file else f" as {before.name}"
    told = f"{again.file}: this file was imported on {iso(again.at)}{named}"
    if again.same:
        return f"{told}: {counted(before.rows, 'row')} known already"
    where = f"`{before.role}` of the mapping `{again.mapping}`"
    return f"warning: {told} for {where}: what it says ({counted(before.rows, 'row')}) is told again under `{mapping}`"


def account(summary: Summary, loaded: Loaded, earlier: Sequence[Again] = ()) -> list[dict[str, object]]:
    """What became of the rows, as flat rows.

    Rows imported, skipped and dead add up to those read; letters kept and those that were there already, to the dead.
    Warnings and files that were imported earlier count their rows.
    """
    made: list[dict[str, object]] = [
        {"what": "read", "name": "", "count": summary.read},
        {"what": "imported", "name": "rows", "count": summary.imported},
    ]
    made += [{"what": "fact", "name": name, "count": count} for name, count in summary.facts.items()]
    made += [
        {"what": "skipped", "name": f"{rule.role}: {rule.reason or rule.rule}", "count": rule.rows}
        for rule in summary.skipped
    ]
    made += [
        {"what": "dead", "name": "rows", "count": summary.dead},
        {"what": "letters", "name": "kept", "count": loaded.kept},
        {"what": "letters", "name": "already in the dead letters", "count": summary.dead - loaded.kept},
        {"what": "letters", "name": "mended", "count": loaded.mended},
    ]
    made += [
        {"what": "warning", "name": f"{role}: rows without a key", "count": summary.roles[role]}
        for role in summary.keyless
    ]
    made += [
        {"what": "imported before", "name": f"{each.file}: {iso(each.at)}", "count": each.before.rows}
        for each in earlier
    ]
    return made


def _closing(summary: Summary, loaded: Loaded) -> str:
    again = " (begun before: what is there already will be dropped as a duplicate)" if loaded.repeated else ""
    letters = [
        f"{counted(rows, 'row')} {where} the dead letters"
        for rows, where in ((loaded.kept, "in"), (summary.dead - loaded.kept, "already in"))
        if rows
    ]
    if loaded.mended:
        letters.append(f"{counted(loaded.mended, 'dead letter')} mended")
    dead = f"; {', '.join(letters)}: leadstream dead-letters list" if letters else ""
    come = "" if loaded.as_happened else " (recorded now: there is something later already)"
    told = f"{counted(loaded.facts, 'fact')} from {counted(summary.read, 'row')}"
    return f"{told}{again}{come}{dead}. Next: leadstream run --until-idle"
