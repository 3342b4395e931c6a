"""Whoever is named on the command line is somebody."""

import click
import pytest
from click.testing import CliRunner

from leadstream.cli.people import WHO, PersonType
from leadstream.cli.root import main


def people(command: click.Command, path: str) -> list[tuple[str, click.Option]]:
    """The options of all commands that name somebody."""
    if isinstance(command, click.Group):
        return [each for name, one in command.commands.items() for each in people(one, f"{path} {name}")]
    options = [each for each in command.params if isinstance(each, click.Option)]
    return [(path, each) for each in options if each.name == "signed_as" or each.metavar == "WHO"]


PEOPLE = people(main, "leadstream")


def test_there_are_commands_that_ask_who() -> None:
    assert {path for path, _ in PEOPLE} >= {
        "leadstream council comment", "leadstream council convene", "leadstream agreement sign",
    }  # fmt: skip


@pytest.mark.parametrize(("path", "option"), PEOPLE, ids=lambda each: each if isinstance(each, str) else each.name)
def test_every_option_that_names_somebody_takes_no_blank(path: str, option: click.Option) -> None:
    assert isinstance(option.type, PersonType), path
    for blank in ("", " ", "\t"):
        with pytest.raises(click.BadParameter, match="expected a name"):
            option.type.convert(blank, option, None)


def test_a_name_stays_as_it_was_given() -> None:
    assert WHO.convert(" Ines ", None, None) == " Ines "


def test_a_comment_by_nobody_is_refused_as_wrong_use() -> None:
    words = ("--measure", "closed_acv", "--by", "", "--text", "slipped")
    done = CliRunner().invoke(main, ["council", "comment", "emea", *words])
    assert (done.exit_code, "'--by': expected a name, and it is blank" in done.output) == (2, True)
