import json
from typing import Any

import pytest
from click.testing import Result

from tests.leadstream.cli.house import HISTORY, MAPPING, House
from tests.support.process import REPOSITORY

OLDER = "lead,at,what,source\nold,2011-06-01 00:00:00,asked,web\n"
NEWER = "lead,at,what,source\ndan,2012-06-01 00:00:00,asked,web\n"
ALL_DEAD = "lead,at,what,source\ncid,yesterday,asked,web\n"


def account(result: Result) -> dict[tuple[str, str], int]:
    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return {(row["what"], row["name"]): row["count"] for row in rows}


def test_every_row_is_accounted_for_the_dead_ones_too(house: House) -> None:
    result = house.import_history()
    assert account(result) == {
        ("read", ""): 7,
        ("imported", "rows"): 4,
        ("fact", "lead.captured"): 2,
        ("fact", "lead.touched"): 2,
        ("skipped", "log: says nothing about the lead"): 1,
        ("dead", "rows"): 2,
        ("letters", "kept"): 2,
        ("letters", "already in the dead letters"): 0,
        ("letters", "mended"): 0,
        ("warning", "log: rows without a key"): 4,
    }
    layout, unkeyed, account_line = result.stderr.splitlines()
    assert layout.startswith("log.csv: csv (detected), UTF-8 (detected), delimiter comma (detected)")
    assert unkeyed.startswith("warning: rows of `log` have no `key`: their ids are their row numbers")
    assert account_line.startswith("4 facts from 7 rows; 2 rows in the dead letters")
    dead = house.rows("dead-letters", "list")
    assert [(row["where"], row["field"]) for row in dead] == [("log.csv:7", "rules"), ("log.csv:8", "time")]
    (shown,) = house.rows("dead-letters", "show", str(dead[1]["id"]))
    assert str(shown["original"]).strip() == "cid,yesterday,asked,web"


def test_importing_the_same_file_twice_adds_nothing(house: House) -> None:
    house.import_history()
    house.decide()
    before = {name: house.rows("view", name) for name in ("leads", "funnel", "response-times")}
    letters = house.rows("dead-letters", "list")
    again = house.import_history()
    assert "begun before" in again.stderr
    house.decide()
    assert {name: house.rows("view", name) for name in before} == before
    assert house.rows("dead-letters", "list") == letters
    assert [row["fact"] for row in house.rows("lead", "bob")] == ["lead.captured", "lead.touched"]


def test_newer_history_may_follow_and_older_history_is_refused(house: House) -> None:
    assert house.import_history().exit_code == 0
    house.decide()
    assert house.import_history(NEWER, "newer.csv").exit_code == 0
    refused = house.import_history(OLDER, "older.csv")
    assert refused.exit_code == 1
    assert "happened at 2011-06-01T00:00:00Z, but the log already holds records up to 2012-06-01" in refused.stderr
    assert refused.stdout == ""
    house.decide()
    assert [row["lead"] for row in house.rows("view", "leads")] == ["ann", "bob", "dan"]


def test_a_mapping_with_mistakes_is_refused_with_their_lines_before_anything_is_read(house: House) -> None:
    broken = MAPPING.replace("skip:", "leave:").replace("zone: UTC", "zone: Mars/Base")
    said = house.refused("import", house.write("mapping.yaml", broken), house.write("log.csv", HISTORY))
    first, second, last = said.splitlines()
    assert "mapping.yaml: line 2: zone: `Mars/Base` is not a time zone" in first
    assert "mapping.yaml: line 19: files[0].rules[3].leave: unknown key" in second
    assert last.endswith("mapping.yaml: 2 problems")
    assert not house.data.exists()


def test_a_single_mistake_is_the_one_line(house: House) -> None:
    broken = MAPPING.replace("fact: lead.captured", "fact: lead.unheard_of")
    said = house.refused("import", house.write("mapping.yaml", broken), house.write("log.csv", HISTORY))
    assert said.count("\n") == 1
    assert "line 10: files[0].rules[0].fact: there is no fact `lead.unheard_of`" in said


@pytest.mark.parametrize("content", [b'name: "\xff"', b"- 1\n", b""])
def test_what_is_no_mapping_is_refused(house: House, content: bytes) -> None:
    said = house.refused("import", house.write("mapping.yaml", content), house.write("log.csv", HISTORY))
    assert "mapping.yaml" in said


def test_a_file_that_no_entry_of_the_mapping_is_for_is_refused(house: House) -> None:
    said = house.refused("import", house.write("mapping.yaml", MAPPING), house.write("log.tsv", HISTORY))
    assert "log.tsv" in said


def test_a_file_of_dead_rows_only_is_accounted_for_once_under_whatever_name(house: House) -> None:
    for name, kept in (("log.csv", 1), ("log.csv", 0), ("copy.csv", 0)):
        result = house.import_history(ALL_DEAD, name)
        counts = account(result)
        assert (counts["dead", "rows"], counts["letters", "kept"]) == (1, kept)
        assert counts["letters", "already in the dead letters"] == 1 - kept
        where = "in the dead letters" if kept else "already in the dead letters"
        assert f"1 row {where}: leadstream dead-letters list" in result.stderr.splitlines()[-1]
    assert [row["where"] for row in house.rows("dead-letters", "list")] == ["log.csv:2"]


def test_a_file_that_is_longer_now_says_which_of_its_dead_rows_are_known(house: House) -> None:
    house.import_history(ALL_DEAD)
    result = house.import_history(ALL_DEAD + "eve,never,asked,web\n", "longer.csv")
    assert "1 row in the dead letters, 1 row already in the dead letters: leadstream" in result.stderr
    assert [row["where"] for row in house.rows("dead-letters", "list")] == ["log.csv:2", "longer.csv:3"]


def test_a_file_that_was_imported_before_is_told_whatever_it_is_called_now(house: House) -> None:
    mapping = house.write("mapping.yaml", MAPPING)

    def came(name: str, rows: str = HISTORY) -> tuple[list[str], list[dict[str, Any]]]:
        """What is told of it on stderr and in JSON."""
        result = house.run("import", mapping, house.write(name, rows), "--late", "--format", "json")
        told = [line for line in result.stderr.splitlines() if "imported on" in line]
        return told, [row for row in json.loads(result.stdout) if row["what"] == "imported before"]

    assert came("log.csv") == ([], [])
    for name, also in (("log.csv", ""), ("copy.csv", " as log.csv"), ("log.csv", " as copy.csv")):
        (line,), (row,) = came(name)
        at = str(row["name"]).removeprefix(f"{name}: ")
        assert line == f"{name}: this file was imported on {at}{also}: 4 rows known already"
        assert row["count"] == 4
    assert came("log.csv", NEWER) == ([], [])


def test_a_file_that_was_imported_by_another_mapping_is_warned_of(house: House) -> None:
    house.import_history(NEWER)
    other = house.write("other.yaml", MAPPING.replace("name: desk", "name: office"))
    result = house.run("import", other, house.write("log.csv", NEWER), "--format", "json")
    (told,) = [line for line in result.stderr.splitlines() if "imported on" in line]
    assert told.startswith("warning: log.csv: this file was imported on ")
    assert told.endswith(" for `log` of the mapping `desk`: what it says (1 row) is told again under `office`")
    house.decide()
    assert [row["fact"] for row in house.rows("lead", "dan")] == ["lead.captured", "lead.captured"]


KEYED = MAPPING.replace("    time: at\n", "    time: at\n    key: [lead, at]\n")
LONGER = HISTORY + "ann,2012-01-02 00:00:00,called,\n"
KEYLESS = {"first.csv": 4, "second.csv": 1}
LATER = "lead,at,what,source\nann,2012-01-02 00:00:00,called,\n"


def test_of_a_longer_download_only_the_later_rows_can_follow(house: House) -> None:
    mapping = house.write("mapping.yaml", KEYED)
    house.run("import", mapping, house.write("log.csv", HISTORY))
    house.decide()
    assert "already holds records up to" in house.refused("import", mapping, house.write("longer.csv", LONGER))
    house.run("import", mapping, house.write("later.csv", LATER))
    house.decide()
    told = [row["fact"] for row in house.rows("lead", "ann")]
    assert told.count("lead.touched") == 2


@pytest.mark.parametrize(("mapping", "captured"), [(MAPPING, 1), (KEYED, 2)], ids=["row numbers", "key"])
def test_rows_of_two_files_are_told_apart_by_their_key_alone(house: House, mapping: str, captured: int) -> None:
    again = "lead,at,what,source\nann,2012-03-01 00:00:00,asked,fair\n"
    for name, content in (("first.csv", HISTORY), ("second.csv", again)):
        told = house.run("import", house.write("mapping.yaml", mapping), house.write(name, content)).stderr
        assert ("adds nothing to the same leads" in told) == (captured == 1)
        warned = json.loads(
            house.run("import", str(house.folder / "mapping.yaml"), str(house.folder / name), "--format", "json").stdout
        )
        assert [row["count"] for row in warned if row["what"] == "warning"] == [KEYLESS[name]] * (captured == 1)
        house.decide()
    assert [row["fact"] for row in house.rows("lead", "ann")].count("lead.captured") == captured


def test_targets_come_into_a_deployment_that_has_a_history_already(house: House) -> None:
    assert house.import_history(HISTORY.replace("2012-01", "2025-03"), "log.csv").exit_code == 0
    house.decide()
    examples = REPOSITORY / "examples" / "imports"
    result = house.run("import", str(examples / "targets.yaml"), str(examples / "targets.csv"))
    assert result.stderr.splitlines()[1].startswith(
        "5 facts from 6 rows (recorded now: there is something later already); 1 row in the dead letters"
    )
    house.decide()
    rows = house.rows("view", "targets")
    assert [(row["quarter"], row["kind"], row["region"], row["amount_minor"]) for row in rows] == [
        ("2025Q1", "closed", None, 120_000_000),
        ("2025Q1", "closed", "north", 70_000_000),
        ("2025Q1", "closed", "south", 50_000_000),
        ("2025Q1", "pipe_generation", None, 240_000_050),
        ("2025Q1", "closed", "south", 45_000_000),
    ]
    dead = [row for row in house.rows("dead-letters", "list") if row["field"] == "data.quarter"]
    assert [(row["where"], row["detail"]) for row in dead] == [
        (
            "targets.csv:7",
            "column `quarter` 'January 2025' is no quarter; expected one such as 2026Q3, Q3 2026 or FY26-Q3",
        )
    ]


def test_a_history_that_is_still_to_happen_is_dead_rows_with_their_lines(house: House) -> None:
    result = house.import_history("lead,at,what,source\nzoe,2999-01-01 00:00:00,asked,web\n", "far.csv")
    assert result.stderr.splitlines()[-1].startswith("0 facts from 1 row; 1 row in the dead letters")
    (dead,) = house.rows("dead-letters", "list")
    assert (dead["where"], dead["field"]) == ("far.csv:2", "time")
