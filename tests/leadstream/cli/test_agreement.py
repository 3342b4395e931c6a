import pytest

from tests.leadstream.cli.house import AGREEMENT, House, fact, lines

SIGNED = """\
signed:
  - {side: marketing, by: head of marketing, at: 2026-01-10}
  - {side: sales, by: head of sales, at: 2026-01-12}
"""
NEXT = AGREEMENT.replace("version: 1", "version: 2")
FAR = NEXT.replace("2011-01-01", "2199-01-01")
CAPTURED = fact("lead.captured", "ann", 1, "2026-03-02T09:00:00Z", source="web")


def with_a_lead(house: House) -> None:
    house.publish_agreement()
    house.run("publish", "-", given=lines([CAPTURED]))
    house.decide()


def test_check_says_that_an_agreement_is_fine_without_touching_the_deployment(house: House) -> None:
    path = house.write("desk.yaml", AGREEMENT)
    said = house.run("agreement", "check", path).stdout
    assert said == f"{path}: agreement desk, version 1: fine, 1 clauses\n"
    assert not house.data.exists()


def test_check_names_path_and_line_of_every_problem(house: House) -> None:
    broken = AGREEMENT.replace("version: 1", "version: one").replace("starts_on: captured", "starts_on: lunch")
    path = house.write("desk.yaml", broken.replace("effective_from", "efective_from"))
    *named, last = house.refused("agreement", "check", path).splitlines()
    expected = [
        "line 1: effective_from: is missing",
        "line 2: version: expected a whole number",
        "line 3: efective_from: unknown key",
        "line 15: sales_clauses.first_response.starts_on: expected",
    ]
    for start, line in zip(expected, named, strict=True):
        assert line.startswith(f"{path}:{start}")
    assert last == f"leadstream: {path}: 4 problems"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[", b"", b"- 1"])
def test_what_is_no_agreement_at_all_is_refused(house: House, content: bytes) -> None:
    path = house.write("desk.yaml", content)
    assert path in house.refused("agreement", "check", path)
    assert path in house.refused("agreement", "publish", path)


def test_one_name_signs_for_both_sides_before_the_first_lead(house: House) -> None:
    house.publish_agreement()
    (row,) = house.rows("agreement", "show")
    assert row["signed"] == "marketing: the office, sales: the office"


def test_one_name_does_not_sign_for_both_sides_after_the_first_lead(house: House) -> None:
    with_a_lead(house)
    said = house.refused("agreement", "publish", house.write("next.yaml", FAR), "--as", "the office")
    assert said == "leadstream: refused (unsigned): one name may sign for both sides only before the first lead\n"
    house.run("agreement", "publish", house.write("next.yaml", FAR + SIGNED))
    assert [row["version"] for row in house.rows("agreement", "show")] == [1, 2]


def test_a_missing_signature_is_named(house: House) -> None:
    said = house.refused("agreement", "publish", house.write("desk.yaml", AGREEMENT))
    assert "(unsigned): the signature of marketing is missing; the signature of sales is missing" in said
    assert house.rows("agreement", "show") == []


def test_a_retroactive_agreement_is_refused_with_the_earliest_date(house: House) -> None:
    with_a_lead(house)
    said = house.refused("agreement", "publish", house.write("next.yaml", NEXT + SIGNED))
    assert "refused (retroactive): effective_from 2011-01-01T00:00:00+00:00 is before 20" in said
    assert [row["version"] for row in house.rows("agreement", "show")] == [1]


def test_a_version_that_is_not_newer_is_refused(house: House) -> None:
    house.publish_agreement()
    said = house.refused("agreement", "publish", house.write("desk.yaml", AGREEMENT), "--as", "the office")
    assert "(not newer)" in said


def test_show_lists_the_versions_and_prints_each_document(house: House) -> None:
    house.publish_agreement()
    house.publish_agreement(FAR)
    rows = house.rows("agreement", "show")
    assert [(row["agreement"], row["version"], row["effective_from"]) for row in rows] == [
        ("desk", 1, "2011-01-01T00:00:00Z"),
        ("desk", 2, "2199-01-01T00:00:00Z"),
    ]
    assert "version: 2\n" in house.run("agreement", "show", "desk").stdout
    first = house.run("agreement", "show", "desk", "--version", "1").stdout
    assert "version: 1\n" in first
    assert "within: 24h" in first
    (document,) = house.rows("agreement", "show", "desk")
    assert document["version"] == 2


def test_what_show_prints_can_be_checked_and_published_again(house: House, told: House) -> None:
    path = house.write("again.yaml", told.run("agreement", "show", "desk").stdout)
    house.run("agreement", "check", path)
    house.run("agreement", "publish", path, "--as", "the office")


@pytest.mark.parametrize("arguments", [("nobody",), ("desk", "--version", "9")])
def test_an_agreement_that_is_not_there_is_refused(told: House, arguments: tuple[str, ...]) -> None:
    assert "no such agreement" in told.refused("agreement", "show", *arguments)
