import json

import pytest

from tests.leadstream.cli.house import House, fact, lines

CAPTURED = fact("lead.captured", "ann", 1, "2026-03-02T09:00:00Z", source="web")
TOUCHED = fact("lead.touched", "ann", 2, "2026-03-02T09:05:00Z", channel="web", kind="visited", direction="inbound")
BAD = {
    "not JSON": b"captured: ann",
    "(data.source)": fact("lead.captured", "eve", 3, "2026-03-02T09:00:00Z", source=7),
    "(data.kind)": fact("lead.touched", "eve", 4, "2026-03-02T09:00:00Z", channel="call"),
    "(time)": fact("lead.captured", "eve", 5, "yesterday", source="web"),
    "'lead.unheard_of.v1' (type)": fact("lead.unheard_of", "eve", 6, "2026-03-02T09:00:00Z"),
    "made by leadstream itself and not taken from outside (type)": fact(
        "lead.archived", "eve", 7, "2026-03-02T09:00:00Z", reason="forged"
    ),
}


def story(house: House) -> list[str]:
    house.decide()
    return [row["fact"] for row in house.rows("lead", "ann")]


def test_what_is_published_is_decided(house: House) -> None:
    published = house.run("publish", house.write("facts.jsonl", lines([CAPTURED, TOUCHED])))
    assert published.stdout == "2 accepted, 0 refused\n"
    assert story(house) == ["lead.captured", "lead.touched"]


def test_a_field_that_a_type_does_not_have_is_named_and_ignored(house: House) -> None:
    of: dict[str, object] = {"quarter": "2026Q1", "amount_minor": 5, "currency": "EUR"}
    sent = [fact("target.set", "plan", number, "2026-03-02T09:00:00Z", team="north", **of) for number in (1, 2)]
    done = house.run("publish", "-", given=lines([*sent, CAPTURED]))
    assert done.stdout == "3 accepted, 0 refused\n"
    assert done.stderr == "leadstream: field data.team of target.set.v1 is not known and is ignored (2 lines)\n"


def test_standard_input_is_a_file_too(house: House) -> None:
    assert house.run("publish", "-", given=lines([CAPTURED, b"", TOUCHED])).stdout == "2 accepted, 0 refused\n"
    assert story(house) == ["lead.captured", "lead.touched"]


def test_publishing_again_adds_nothing(house: House) -> None:
    house.run("publish", "-", given=lines([CAPTURED, TOUCHED]))
    first = story(house)
    house.run("publish", "-", given=lines([TOUCHED, CAPTURED, TOUCHED]))
    assert story(house) == first
    assert house.rows("dead-letters", "list") == []


@pytest.mark.parametrize("said", BAD)
def test_a_bad_line_is_named_with_its_line_and_field_and_the_good_ones_are_taken(house: House, said: str) -> None:
    result = house.ask("publish", "-", given=lines([CAPTURED, b"", BAD[said], TOUCHED]))
    assert result.exit_code == 1
    assert result.stdout == "2 accepted, 1 refused\n"
    named, last = result.stderr.splitlines()
    assert named.startswith("line 3: ")
    assert said in named
    assert last.startswith("leadstream: 1 fact")
    assert story(house) == ["lead.captured", "lead.touched"]


def test_a_line_too_large_for_the_inbox_is_refused_and_the_others_are_taken(house: House) -> None:
    large = fact("lead.captured", "eve", 9, "2026-03-02T09:00:00Z", source="web", note="x" * 1_000_000)
    said = house.refused("publish", "-", given=lines([large, CAPTURED, TOUCHED]))
    assert said.startswith("line 1: ")
    assert "at most 900000" in said
    assert story(house) == ["lead.captured", "lead.touched"]


def test_an_empty_file_is_nothing_and_that_is_fine(house: House) -> None:
    assert house.run("publish", "-").stdout == "0 accepted, 0 refused\n"


@pytest.mark.parametrize("source", ["/leadstream", "/leadstream/pool"])
def test_nobody_outside_speaks_in_our_name(house: House, source: str) -> None:
    forged = json.dumps({**json.loads(CAPTURED), "source": source}).encode()
    said = house.refused("publish", "-", given=lines([forged, TOUCHED]))
    assert said.startswith("line 1: /leadstream is the source of facts made by leadstream itself")
    assert house.rows("dead-letters", "list") == []


def test_a_source_that_only_begins_like_ours_is_somebody_elses(house: House) -> None:
    other = json.dumps({**json.loads(CAPTURED), "source": "/leadstream-forms"}).encode()
    assert house.run("publish", "-", given=lines([other])).stdout == "1 accepted, 0 refused\n"
    assert story(house) == ["lead.captured"]
