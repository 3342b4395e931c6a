import json

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
    assert said == f"{path}: agreement desk, version 1: fine, 1 clause\n"
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


def test_check_gives_problems_as_rows_to_programs(house: House) -> None:
    path = house.write("desk.yaml", AGREEMENT.replace("version: 1", "version: one"))
    result = house.ask("agreement", "check", path, "--format", "json")
    assert (result.exit_code, result.stderr) == (1, f"leadstream: {path}: 1 problem\n")
    assert json.loads(result.stdout) == [
        {"path": "version", "line": 2, "message": "expected a whole number, found 'one'"}
    ]
    assert house.rows("agreement", "check", house.write("desk.yaml", AGREEMENT)) == []
    other = house.ask("agreement", "check", house.write("desk.yaml", b"\xff"), "--format", "csv")
    assert other.stdout == "path,line,message\n,,is not UTF-8 text\n"


def test_what_cannot_be_meant_is_a_problem_of_a_new_agreement_and_still_shown(house: House) -> None:
    doubtful = (
        AGREEMENT + "applies_to: {field: n, at_least: 2, at_most: 1}\n" + SIGNED.replace("2026-01-12", "2198-01-12")
    )
    path, lines = house.write("desk.yaml", doubtful), doubtful.splitlines()
    number = next(at for at, line in enumerate(lines, 1) if line.startswith("applies_to"))
    for asked in (("check", path), ("propose", path), ("publish", path)):
        first, second, last = house.refused("agreement", *asked).splitlines()
        assert (
            first == f"{path}:line {number}: applies_to.at_least: 2 is more than at_most, 1; no number is on both sides"
        )
        assert second.startswith(f"{path}:line {number + 3}: signed[1].at: 2198-01-12 is still to come; expected 20")
        assert last == f"leadstream: {path}: 2 problems"
    assert [row["path"] for row in json.loads(house.ask("agreement", "check", path, "--format", "json").stdout)] == [
        "applies_to.at_least",
        "signed[1].at",
    ]
    assert "not proposed yet" in house.run("agreement", "show", path).stdout
    assert "Nothing else changes" in house.run("agreement", "diff", path, path).stdout


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
    assert "version: 2\n" in house.run("agreement", "show", "desk", "--format", "yaml").stdout
    first = house.run("agreement", "show", "desk", "--version", "1", "--format", "yaml").stdout
    assert "version: 1\n" in first
    assert "within: 24h" in first
    (document,) = house.rows("agreement", "show", "desk")
    assert document["version"] == 2


def test_what_show_prints_can_be_checked_and_published_again(house: House, told: House) -> None:
    path = house.write("again.yaml", told.run("agreement", "show", "desk", "--format", "yaml").stdout)
    house.run("agreement", "check", path)
    house.run("agreement", "publish", path, "--as", "the office")


@pytest.mark.parametrize("arguments", [("nobody",), ("desk", "--version", "9")])
def test_an_agreement_that_is_not_there_is_refused(told: House, arguments: tuple[str, ...]) -> None:
    assert "no such agreement" in told.refused("agreement", "show", *arguments)


def proposed(house: House, text: str = FAR) -> None:
    house.run("agreement", "propose", house.write("next.yaml", text))


def sign(house: House, side: str, by: str = "") -> str:
    return house.run("agreement", "sign", "desk", "--side", side, "--by", by or f"head of {side}").stdout


def test_a_version_is_proposed_signed_by_both_sides_published_and_retired(house: House) -> None:
    with_a_lead(house)
    said = house.run("agreement", "propose", house.write("next.yaml", FAR)).stdout
    assert said == "agreement desk, version 2: proposed; the signatures of marketing and sales are missing\n"
    assert sign(house, "sales") == "agreement desk, version 2: signed by sales; the signature of marketing is missing\n"
    assert "both sides have signed; put it in force with: leadstream agreement publish desk" in sign(house, "marketing")
    said = house.run("agreement", "publish", "desk").stdout
    assert said == "agreement desk, version 2: published, in force from 2199-01-01T00:00:00+00:00\n"
    said = house.run("agreement", "retire", "desk", "--from", "2198-06-01").stdout
    assert said == (
        "agreement desk, version 1: starts nothing from 2198-06-01T00:00:00Z on; "
        "version 2 takes effect at 2199-01-01T00:00:00Z\n"
    )
    rows = house.rows("agreement", "show", "--as-of", "2198-07-01")
    assert [(row["version"], row["state"], row["retired_from"]) for row in rows] == [
        (1, "retired", "2198-06-01T00:00:00Z"),
        (2, "published", None),
    ]
    assert rows[1]["signed"] == "marketing: head of marketing, sales: head of sales"
    house.run("verify")


def test_nothing_is_published_that_a_side_has_not_signed(house: House) -> None:
    proposed(house)
    sign(house, "sales")
    said = house.refused("agreement", "publish", "desk")
    assert said == "leadstream: refused (unsigned): the signature of marketing is missing\n"
    assert house.rows("agreement", "show")[0]["state"] == "signed by sales"


def test_one_side_does_not_sign_by_two_names_nor_a_changed_document(house: House) -> None:
    proposed(house)
    sign(house, "sales")
    assert "signed by sales" in sign(house, "sales")
    said = house.refused("agreement", "sign", "desk", "--side", "sales", "--by", "somebody else")
    assert "refused (signed already): sales has signed already, by another name" in said
    other = house.write("other.yaml", FAR.replace("24h", "12h"))
    assert "refused (changed after a signature)" in house.refused("agreement", "propose", other)


def test_signatures_in_the_file_are_taken_with_the_proposal(house: House) -> None:
    said = house.run("agreement", "propose", house.write("next.yaml", FAR + SIGNED)).stdout
    assert "both sides have signed" in said
    house.run("agreement", "publish", "desk", "--version", "2")


@pytest.mark.parametrize(
    "arguments",
    [
        ("sign", "desk", "--side", "sales", "--by", "me"),
        ("publish", "desk"),
        ("publish", "desk", "--version", "7"),
        ("retire", "desk", "--from", "2198-06-01", "--version", "7"),
        ("retire", "other", "--from", "2198-06-01"),
    ],
)
def test_what_is_not_there_is_refused_with_what_there_is(house: House, arguments: tuple[str, ...]) -> None:
    house.publish_agreement()
    said = house.refused("agreement", *arguments)
    assert "its versions are 1" in said or "there is desk" in said


def test_an_agreement_is_not_retired_in_the_past_once_there_are_leads(house: House) -> None:
    with_a_lead(house)
    said = house.refused("agreement", "retire", "desk", "--from", "2020-01-01")
    assert "refused (retroactive): the end 2020-01-01T00:00:00Z is before 20" in said


@pytest.mark.parametrize("arguments", [("publish", "gone.yaml"), ("show", "there/gone"), ("diff", "gone.yml", "desk")])
def test_a_file_that_is_not_there_is_wrong_use(house: House, arguments: tuple[str, ...]) -> None:
    assert "does not exist" in house.misused("agreement", *arguments)


def test_an_agreement_is_shown_in_words_with_who_has_signed(house: House) -> None:
    house.publish_agreement()
    said = house.run("agreement", "show", "desk").stdout
    assert said.startswith("Agreement desk, version 1: in force\nin force from 2011-01-01T00:00:00+00:00\n")
    assert "signed by marketing (the office, " in said
    assert "  * first_response: within 24 hours of the capture: any touch by sales\n" in said


def test_the_version_in_force_at_an_instant_is_shown(house: House) -> None:
    house.publish_agreement()
    house.publish_agreement(FAR)
    shown = [
        house.rows("agreement", "show", "desk", "--as-of", at)[0]["version"] for at in ("2198-12-31", "2199-01-01")
    ]
    assert shown == [1, 2]
    assert "no such agreement: desk in force at" in house.refused("agreement", "show", "desk", "--as-of", "2010-01-01")


def test_a_page_to_sign_is_made_of_a_file_as_of_a_version(house: House, told: House) -> None:
    page = house.run("agreement", "show", house.write("desk.yaml", AGREEMENT), "--format", "html").stdout
    assert "not proposed yet" in page
    assert told.run("agreement", "show", "desk", "--format", "html").stdout.startswith("<!DOCTYPE html>")


def test_an_agreement_is_no_table(told: House) -> None:
    assert "--format csv" in told.misused("agreement", "show", "desk", "--format", "csv")


def test_publishing_who_is_who_without_a_secret_is_warned_of(house: House) -> None:
    """Hashes of e-mail addresses are no secret where their key is none."""
    known = AGREEMENT + "identity: {merge_on: [email]}\n"
    warned = house.run("agreement", "publish", house.write("who.yaml", known + SIGNED))
    assert warned.stderr.startswith("warning: the agreement has an identity section and LEADSTREAM_SECRET is not set")
    assert warned.stdout.startswith("agreement desk, version 1: published")
    again = house.write("again.yaml", (known + SIGNED).replace("agreement: desk", "agreement: again"))
    told = house.ask("agreement", "publish", again, env={"LEADSTREAM_SECRET": "a secret of the deployment"})
    assert (told.exit_code, told.stderr) == (0, "")
    without = house.write("plain.yaml", (AGREEMENT + SIGNED).replace("agreement: desk", "agreement: plain"))
    assert house.run("agreement", "publish", without).stderr == ""


def test_publishing_a_proposal_about_who_is_who_is_warned_of_as_well(house: House) -> None:
    house.run("agreement", "propose", house.write("who.yaml", AGREEMENT + "identity: {merge_on: [email]}\n" + SIGNED))
    assert "LEADSTREAM_SECRET is not set" in house.run("agreement", "publish", "desk").stderr


def test_the_difference_is_told_in_words_and_as_rows(house: House) -> None:
    house.publish_agreement()
    other = house.write("next.yaml", FAR.replace("within: 24h", "within: 2h").replace("points: 20", "points: 25"))
    said = house.run("agreement", "diff", "desk", other).stdout
    assert said == (
        "Agreement desk, version 1, in force from 2011-01-01T00:00:00+00:00\n"
        "Agreement desk, version 2, in force from 2199-01-01T00:00:00+00:00\n"
        "\n"
        "What changes for leads\n"
        "  Points for what they did\n"
        "    was +20 for website asset pricing, in the group interest\n"
        "    now +25 for website asset pricing, in the group interest\n"
        "\n"
        "What changes for sales\n"
        "  What sales promises\n"
        "    was first_response: within 24 hours of the capture: any touch by sales\n"
        "    now first_response: within 2 hours of the capture: any touch by sales\n"
    )
    house.run("agreement", "propose", other)
    rows = house.rows("agreement", "diff", "desk@1", "desk@2")
    assert [(row["concerns"], row["what"]) for row in rows] == [("leads", "changed"), ("sales", "changed")]
    assert house.run("agreement", "diff", "desk", "desk").stdout.endswith("\nNothing else changes.\n")
    assert "no such agreement: desk version 9" in house.refused("agreement", "diff", "desk@9", "desk")


@pytest.mark.parametrize("name", ["check", "propose", "sign", "publish", "show", "diff", "retire"])
def test_every_command_about_agreements_shows_an_example(house: House, name: str) -> None:
    assert f"leadstream agreement {name} " in house.run("agreement", name, "--help").stdout
