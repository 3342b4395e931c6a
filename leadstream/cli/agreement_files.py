"""Agreements in files, as commands take them."""

import os
from pathlib import Path

import click

from leadstream.agreements import text_of
from leadstream.cli.options import fail
from streams.agreement.described.items import counted
from streams.agreement.grammar import AgreementSpec
from streams.agreement.load import load
from streams.agreement.problems import AgreementError, Problem

_SUFFIXES = (".yaml", ".yml", ".json")


def is_file(target: str) -> bool:
    """Whether a file is meant, and not the name of an agreement.

    Raises:
        click.UsageError: a file is meant that is not there.
    """
    path = Path(target)
    if path.is_file():
        return True
    if path.suffix in _SUFFIXES or os.sep in target:
        raise click.UsageError(f"File {target!r} does not exist.")
    return False


def loaded(file: Path, *, new_at: int | None = None) -> AgreementSpec:
    """The agreement in a file; every problem on a line of its own, then the end.

    Args:
        file: the file.
        new_at: when it is still to be agreed on, microseconds; None for one that may be in force already.
    """
    try:
        return load(text_of(file), new_at=new_at)
    except AgreementError as exc:
        for problem in exc.problems:
            click.echo(f"{file}:{problem.text()}", err=True)
        fail(f"{file}: {counted(len(exc.problems), 'problem')}")
    except UnicodeDecodeError:
        fail(f"{file}: is not UTF-8 text")


def problems_of(file: Path, new_at: int) -> list[Problem]:
    """Everything that is wrong with the agreement in a file, which is still to be agreed on at an instant (us)."""
    try:
        load(text_of(file), new_at=new_at)
    except AgreementError as exc:
        return exc.problems
    except UnicodeDecodeError:
        return [Problem("", None, "is not UTF-8 text")]
    return []
