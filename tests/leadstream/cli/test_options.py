import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from leadstream.cli import main
from leadstream.cli.options import names
from leadstream.cli.times import INSTANT
from tests.leadstream.cli.house import House


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


ALL = dict(commands(main))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_commands_help_shows_an_example_and_all_its_options(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.stdout
    example = result.stdout.partition("Example")[2].partition("Options:")[0]
    assert re.search(rf"leadstream (--broker \S+ )?(--data-dir \S+ )?{' '.join(path)}\b", example)
    for parameter in ALL[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[0] in result.stdout
            assert parameter.help


def test_every_command_takes_every_global_option() -> None:
    assert len(ALL) >= 16
    for path, command in ALL.items():
        assert set(names()) <= {parameter.name for parameter in command.params}, path


def topics_made(house: House, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    result = house.ask(*arguments, env={"LEADSTREAM_PARTITIONS": "", "LEADSTREAM_DATA_DIR": "", **(env or {})})
    return result.exit_code, result.stdout


def test_options_before_and_after_the_command_are_equal(house: House) -> None:
    here = ("--data-dir", str(house.folder / "before"), "--partitions", "3")
    there = ("--data-dir", str(house.folder / "after"), "--partitions", "3")
    assert topics_made(house, *here, "topics", "create") == topics_made(house, "topics", "create", *there)
    assert (house.folder / "before" / "log.db").exists()
    assert (house.folder / "after" / "log.db").exists()


@pytest.mark.parametrize("said", range(1, 5))
def test_what_is_nearer_wins_after_before_environment_file(house: House, said: int) -> None:
    config = house.folder / "leadstream.toml"
    config.write_text('partitions = 1\ndata-dir = "here"\n')
    env = {"LEADSTREAM_PARTITIONS": "2"} if said > 1 else {}
    before = ("--partitions", "3") if said > 2 else ()
    after = ("--partitions", "4") if said > 3 else ()
    code, output = topics_made(house, *before, "topics", "create", *after, env=env)
    assert code == 0
    assert output.endswith(f", {said} partitions\n")
    assert Path("here/log.db").exists()


def test_without_any_setting_the_log_is_one_file_in_leadstream_data_with_4_partitions(house: House) -> None:
    assert topics_made(house, "topics", "create")[1].endswith(", 4 partitions\n")
    assert Path("leadstream-data/log.db").exists()


def test_the_broker_url_decides_where_the_embedded_log_is(house: House) -> None:
    place = house.folder / "elsewhere.db"
    assert topics_made(house, "topics", "create", env={"LEADSTREAM_BROKER": f"sqlite:///{place}"})[0] == 0
    assert place.exists()


def test_the_format_can_be_set_in_the_environment_and_in_the_file(house: House) -> None:
    house.write("leadstream.toml", 'format = "csv"\n')
    from_file = house.run("view", "funnel").stdout
    assert from_file == "source,stage,leads,complete_to\n"
    assert house.ask("view", "funnel", env={"LEADSTREAM_FORMAT": "json"}).stdout == "[]\n"
    assert house.ask("view", "funnel", "--format", "table").stdout == "view funnel has no rows\n"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"partitions = 0\n", "leadstream.toml: partitions: Input should be greater than or equal to 1"),
        (b"broker = 3\n", "leadstream.toml: broker: Input should be a valid string"),
        (b'broker = "kafka://"\n', "leadstream.toml: broker: not a Kafka URL"),
        (b'log-level = "loud"\n', "leadstream.toml: log-level: Input should be 'debug', 'info'"),
        (b'static-name = "a b"\n', "leadstream.toml: static-name: String should match pattern"),
        (b"colour = 1\n", "leadstream.toml: there is no option 'colour'; there are broker, data_dir"),
        (b"- 1\n", "leadstream.toml: "),
        (b'prefix = "\xff"\n', "leadstream.toml: "),
        (b'format = "xml"\n', "leadstream.toml: format: 'xml' is not one of table, json, csv"),
    ],
)
def test_a_wrong_file_is_wrong_use_and_says_what_is_wrong(house: House, content: bytes, named: str) -> None:
    house.write("leadstream.toml", content)
    result = house.ask("view", "funnel", env={"LEADSTREAM_PARTITIONS": ""})
    assert result.exit_code == 2
    assert named in result.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--broker", "http://x", "view", "sla"], "expected sqlite:///path or kafka://host:port, got 'http://x'"),
        (["view", "sla", "--partitions", "many"], "'many' is not a valid integer"),
        (["view", "sla", "--prefix", "a b"], "--prefix"),
        (["view", "sla", "--colour", "red"], "No such option: --colour"),
        (["vieww"], "No such command 'vieww'"),
        (["run"], "Missing option '--until-idle'"),
        (["run", "--until-idle", "--until", "soon"], "expected a time such as"),
        (["publish", "nowhere.jsonl"], "No such file"),
        (["lead"], "Missing argument 'LEAD_ID'"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_is_right(house: House, arguments: list[str], named: str) -> None:
    assert named in house.misused(*arguments)


@pytest.mark.parametrize("name", ["views.db", "log.db"])
def test_a_file_that_is_none_of_ours_is_refused_with_one_line_and_left_alone(house: House, name: str) -> None:
    house.data.mkdir()
    (house.data / name).write_bytes(b"precious" * 1000)
    said = house.refused("view", "sla")
    assert name in said
    assert said.count("\n") == 1
    assert (house.data / name).read_bytes() == b"precious" * 1000


def test_a_data_directory_that_cannot_be_made_is_refused_with_one_line(house: House) -> None:
    blocked = house.write("blocked", "a file")
    said = house.refused("--data-dir", f"{blocked}/data", "verify")
    assert "Not a directory" in said
    assert said.count("\n") == 1


def test_a_file_that_cannot_be_read_is_wrong_use_and_named(house: House) -> None:
    (house.folder / "leadstream.toml").mkdir()
    assert "leadstream.toml: cannot be read: Is a directory" in house.misused("view", "funnel")


def test_what_is_said_nearer_than_the_file_is_not_blamed_on_it(house: House) -> None:
    house.write("leadstream.toml", "partitions = 3\n")
    assert "Error: --partitions: " in house.misused("view", "funnel", "--partitions", "0")


@pytest.mark.parametrize("path", [path for path in ALL if path != ("demo",)], ids=" ".join)
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("kafka://", "not a Kafka URL: 'kafka://'; write kafka://host:port"),
        ("kafka://host:many", "the port in 'host:many' is not a number"),
        ("sqlite://", "expected sqlite:///path, got 'sqlite://'"),
        ("sqlite:///", "expected sqlite:///path, got 'sqlite:///'"),
    ],
)
def test_a_broker_url_of_which_no_log_can_be_made_is_wrong_use_of_every_command(
    house: House, path: tuple[str, ...], url: str, said: str
) -> None:
    file = house.write("file", "")
    needed = [parameter for parameter in ALL[path].params if parameter.required]
    given = [_value(parameter, file) for parameter in needed if isinstance(parameter, click.Argument)]
    for option in needed:
        if isinstance(option, click.Option):
            given += [option.opts[0]] if option.is_flag else [option.opts[0], _value(option, file)]
    assert f"--broker: {said}" in house.misused("--broker", url, *path, *given)
    assert not house.data.exists()


def _value(parameter: click.Parameter, file: str) -> str:
    if isinstance(parameter.type, click.Path) and not parameter.type.file_okay:
        return str(Path(file).parent)
    if isinstance(parameter.type, click.Choice):
        return str(next(iter(parameter.type.choices)))
    if parameter.type is click.INT:
        return "1"
    return "2026-01-01" if parameter.type is INSTANT else file
