"""Lists through the command line: what is shown before, what is taken, what is tried again."""

import json
from pathlib import Path

import pytest

from tests.leadstream.cli.house import House
from tests.support.process import REPOSITORY

EXAMPLES = REPOSITORY / "examples" / "imports"
MAPPING = """\
name: fair
files:
  - role: scans
    match: "*"
    subject: badge
    time: seen
    key: badge
    optional: [mail, note]
    rules:
      - when: {badge: nobody}
        skip: a test of the scanner
      - facts:
          - {fact: lead.captured, data: {source: fair, profile: {person.email: {column: mail, then: lower}}}}
          - {fact: lead.touched, data: {channel: event, kind: KIND, direction: inbound}}
"""
SCANS = """\
badge;seen;mail;note
B-1;31.03.2026 09:00;ANN@lee.example;wants a quote
nobody;31.03.2026 09:01;;
B-2;soon;bob@ray.example;
B-3;31.03.2026 09:05;cid@ray.example;"two
lines"
"""


@pytest.fixture
def files(house: House) -> tuple[str, str]:
    return house.write("fair.yaml", MAPPING.replace("KIND", "badge_scan")), house.write("scans.txt", SCANS)


def test_a_preview_shows_what_each_row_becomes_and_leaves_no_trace(house: House, files: tuple[str, str]) -> None:
    result = house.run("import", "--preview", *files, "--zone", "Europe/Berlin", "--format", "json")
    rows = json.loads(result.stdout)
    assert [(row["line"], row["became"], row["field"], row["reason"]) for row in rows] == [
        (2, "lead.captured", None, None),
        (2, "lead.touched", None, None),
        (3, "skipped", None, "a test of the scanner"),
        (4, "refused", "time", "column `seen` 'soon' is not a date such as 2026-03-31, 31.03.2026 or 3/31/2026"),
        (5, "lead.captured", None, None),
        (5, "lead.touched", None, None),
    ]
    assert (rows[0]["subject"], rows[0]["at"]) == ("B-1", "2026-03-31T07:00:00Z")
    assert rows[0]["data"] == {"source": "fair", "profile": {"person.email": "ann@lee.example"}}
    layout = (
        "scans.txt: csv (detected), UTF-8 (detected), delimiter semicolon (detected), "
        "dates day first (detected, as in '31.03.2026 09:00'), times without a zone in Europe/Berlin"
    )
    assert result.stderr.splitlines() == [
        layout,
        "preview of 10 rows of each file at most, 1 refused; nothing is imported",
    ]
    assert not house.data.exists()


@pytest.mark.parametrize("preview", [["--preview", "1"], ["--preview=1"]])
def test_a_preview_shows_as_many_rows_as_are_asked_for(
    house: House, files: tuple[str, str], preview: list[str]
) -> None:
    rows = json.loads(house.run("import", *preview, *files, "--zone", "UTC", "--format", "json").stdout)
    assert {row["line"] for row in rows} == {2}
    table = house.run("import", *files, "--zone", "UTC", *preview).stdout
    assert "person.email=ann@lee.example" in table
    assert "B-3" not in table


def test_a_preview_says_the_same_as_the_import_that_follows(house: House, files: tuple[str, str]) -> None:
    rows = json.loads(house.run("import", "--preview", "99", *files, "--zone", "UTC", "--format", "json").stdout)
    account = json.loads(house.run("import", *files, "--zone", "UTC", "--format", "json").stdout)
    counted = {row["name"]: row["count"] for row in account if row["what"] == "fact"}
    assert counted == {name: sum(row["became"] == name for row in rows) for name in ("lead.captured", "lead.touched")}
    letters = house.rows("dead-letters", "list")
    assert [(each["where"], each["field"], each["detail"]) for each in letters] == [
        (f"scans.txt:{row['line']}", row["field"], row["reason"]) for row in rows if row["became"] == "refused"
    ]


def test_options_have_the_last_word(house: House) -> None:
    mapping = house.write("fair.yaml", MAPPING.replace("KIND", "badge_scan"))
    content = "badge|seen|mail\nB-1|3/4/2026|käte@lee.example\n".encode("cp850")
    said = [
        "--delimiter",
        "bar",
        "--encoding",
        "cp850",
        "--dates",
        "month-first",
        "--zone",
        "Asia/Tokyo",
        "--read-as",
        "csv",
    ]
    result = house.run("import", "--preview", mapping, house.write("x.vcf", content), *said, "--format", "json")
    captured, _ = json.loads(result.stdout)
    assert captured["at"] == "2026-03-03T15:00:00Z"
    assert captured["data"]["profile"] == {"person.email": "käte@lee.example"}
    assert result.stderr.splitlines()[0] == (
        "x.vcf: csv, cp850, delimiter bar, dates month first, times without a zone in Asia/Tokyo"
    )


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--encoding", "klingon", "expected an encoding such as utf-8"),
        ("--delimiter", "ab", "expected one sign"),
        ("--dates", "sideways", "day-first"),
        ("--zone", "Mars/Base", "expected a time zone"),
        ("--read-as", "doc", "vcard"),
        ("--at", "soon", "expected a time"),
        ("--preview", "0", "x>=1"),
    ],
)
def test_what_no_option_can_mean_is_wrong_use(
    house: House, files: tuple[str, str], option: str, value: str, said: str
) -> None:
    assert said in house.misused("import", *files, option, value)


def test_dates_that_could_be_both_are_refused_with_the_option_that_helps(house: House) -> None:
    mapping = house.write("fair.yaml", MAPPING.replace("KIND", "badge_scan"))
    scans = house.write("scans.csv", "badge,seen\nB-1,3/4/2026\n")
    said = house.refused("import", mapping, scans, "--zone", "UTC")
    assert said.endswith(
        "leadstream: scans.csv: '3/4/2026' may be day first or month first, and no date in the file tells; "
        "say --dates day-first or --dates month-first\n"
    )
    preview = house.run("import", "--preview", mapping, scans, "--zone", "UTC", "--format", "json")
    assert "dates ambiguous ('3/4/2026' may be day first or month first)" in preview.stderr
    assert [row["became"] for row in json.loads(preview.stdout)] == ["refused"]
    assert house.run("import", mapping, scans, "--zone", "UTC", "--dates", "day-first").exit_code == 0


def test_the_same_list_as_another_kind_of_file_adds_nothing(house: House, files: tuple[str, str]) -> None:
    mapping, scans = files
    house.run("import", mapping, scans, "--zone", "UTC")
    house.decide()
    before = {lead: house.rows("lead", lead) for lead in ("B-1", "B-3")}
    lines = [
        {"badge": "B-1", "seen": "2026-03-31 09:00", "mail": "ann@lee.example"},
        {"badge": "B-3", "seen": "2026-03-31 09:05", "mail": "CID@ray.example"},
    ]
    again = house.write("scans.jsonl", "\n".join(json.dumps(line) for line in lines))
    house.run("import", mapping, again, "--zone", "UTC", "--late")
    house.decide()
    assert {lead: house.rows("lead", lead) for lead in before} == before


def test_a_list_that_comes_after_something_later_is_taken_as_news_where_that_is_said(
    house: House, files: tuple[str, str]
) -> None:
    mapping, scans = files
    later = house.write("later.csv", "badge,seen\nB-9,2026-04-30\n")
    house.run("import", mapping, later, "--zone", "UTC")
    house.decide()
    assert "or say --late" in house.refused("import", mapping, scans, "--zone", "UTC")
    told = house.run("import", mapping, scans, "--zone", "UTC", "--late").stderr
    assert "4 facts from 4 rows (recorded now: there is something later already)" in told
    house.decide()
    assert [row["fact"] for row in house.rows("lead", "B-1")][:2] == ["lead.captured", "lead.touched"]


def test_a_dead_row_is_tried_again_alone_by_the_mended_mapping(house: House) -> None:
    wrong = MAPPING.replace("KIND", "{column: note}").replace("optional: [mail, note]", "optional: [mail]")
    content = SCANS.replace("B-2;soon", "B-2;31.03.2026 09:03").encode("utf-16")
    house.run("import", house.write("fair.yaml", wrong), house.write("scans.csv", content), "--zone", "Europe/Berlin")
    house.decide()
    (letter,) = house.rows("dead-letters", "list")
    assert (letter["where"], letter["field"]) == ("scans.csv:4", "data.kind")
    identity = str(letter["id"])
    assert "name the mended mapping with --mapping" in house.refused("dead-letters", "retry", identity)
    still = house.refused("dead-letters", "retry", identity, "--mapping", house.write("fair.yaml", wrong))
    assert "cannot be translated still (data.kind: is required and blank)" in still
    (tried,) = house.rows("dead-letters", "list")
    assert tried == {**letter, "tries": 1, "by": "retry", "changed_at": tried["changed_at"]}
    other = house.write("other.yaml", wrong.replace("name: fair", "name: other"))
    assert "under the mapping `fair`; this is `other`" in house.refused(
        "dead-letters", "retry", identity, "--mapping", other
    )
    assert house.rows("dead-letters", "list") == [tried], "by a mapping of another name it was not tried"
    mended = house.write("fair.yaml", MAPPING.replace("KIND", "badge_scan"))
    for _ in range(2):
        said = house.run("dead-letters", "retry", identity, "--mapping", mended).stdout
        assert said == f"{identity} is translated, 2 facts are in the inboxes\n"
    assert house.rows("dead-letters", "list") == []
    (done,) = house.rows("dead-letters", "list", "--status", "mended")
    assert (done["id"], done["by"], done["tries"]) == (identity, "retry", 3)
    house.decide()
    facts = house.rows("lead", "B-2")
    assert [row["fact"] for row in facts] == ["lead.captured", "lead.touched"]
    assert facts[0]["occurred_at" if "occurred_at" in facts[0] else "at"].startswith("2026-03-31T07:03:00")


def test_an_import_by_the_mended_mapping_mends_what_was_refused_before(house: House) -> None:
    wrong = MAPPING.replace("KIND", "{column: note}").replace("optional: [mail, note]", "optional: [mail]")
    mappings = [house.write("wrong.yaml", wrong), house.write("right.yaml", MAPPING.replace("KIND", "badge_scan"))]
    scans = SCANS.replace("B-2;soon", "B-2;31.03.2026 09:03")
    found = []
    for mapping, name in zip(mappings, ("scans.csv", "copy.csv"), strict=True):
        result = house.run("import", mapping, house.write(name, scans), "--zone", "UTC", "--late", "--format", "json")
        found.append({row["name"]: row["count"] for row in json.loads(result.stdout) if row["what"] == "letters"})
    assert found == [
        {"kept": 1, "already in the dead letters": 0, "mended": 0},
        {"kept": 0, "already in the dead letters": 0, "mended": 1},
    ]
    assert "; 1 dead letter mended: leadstream dead-letters list" in result.stderr.splitlines()[-1]
    assert house.rows("dead-letters", "list") == []
    (mended,) = house.rows("dead-letters", "list", "--status", "mended")
    assert (mended["field"], mended["by"], mended["tries"]) == ("data.kind", "import", 1)


def test_a_row_whose_key_another_row_has_is_not_tried_again_alone(house: House) -> None:
    mapping = house.write("fair.yaml", MAPPING.replace("KIND", "badge_scan"))
    scans = house.write("scans.csv", "badge,seen,mail\nB-1,2026-03-31,a@x.example\nB-1,2026-03-31,b@x.example\n")
    house.run("import", mapping, scans, "--zone", "UTC")
    (letter,) = house.rows("dead-letters", "list")
    said = house.refused("dead-letters", "retry", str(letter["id"]), "--mapping", mapping)
    assert "with a key that is blank or another row's: mend the file and import again" in said


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.csv")))
def test_every_example_can_be_looked_at(house: House, name: str) -> None:
    stem = Path(name).stem
    mapping = EXAMPLES / f"{stem.replace('_quotas', '')}.yaml"
    result = house.run("import", str(mapping), str(EXAMPLES / name), "--preview", "--format", "json")
    assert len(json.loads(result.stdout)) >= 3
