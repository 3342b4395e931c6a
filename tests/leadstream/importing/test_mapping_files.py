from pathlib import Path

import pytest

from leadstream.importing import FilesError, digest, load_mapping, match_files

TWO = """
name: two
files:
  - {role: leads, match: [leads-*.csv, leads-*.csv.gz], subject: a, time: t, rules: [{skip: trial}]}
  - {role: deals, match: "*.csv", subject: a, time: t, rules: [{skip: trial}]}
  - {role: notes, match: "*.txt", required: false, subject: a, time: t, rules: [{skip: trial}]}
"""


def test_each_file_takes_the_first_role_with_a_fitting_pattern_whatever_the_order_given() -> None:
    given = [Path("/far/away/deals.csv"), Path("leads-1.csv.gz")]
    found = match_files(load_mapping(TWO), given)
    assert list(found.items()) == [("leads", given[1]), ("deals", given[0])]


def test_every_file_that_does_not_fit_and_every_missing_one_is_named() -> None:
    with pytest.raises(FilesError) as caught:
        match_files(load_mapping(TWO), [Path("x/other.json"), Path("leads-1.csv"), Path("leads-2.csv")])
    first, second, third = caught.value.problems
    assert first == (
        "other.json: no file of the mapping `two` is called so; expected leads-*.csv, leads-*.csv.gz, *.csv, *.txt"
    )
    assert second.startswith("leads-2.csv: leads-1.csv is the `leads` already")
    assert third == "the file `deals` is missing; expected a name like *.csv"


def test_the_digest_is_of_contents_and_names_and_not_of_places(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("1")
        (tmp_path / folder / "b.csv").write_text("2")
    here, there = tmp_path / "here", tmp_path / "there"
    first = digest(TWO, [here / "a.csv", here / "b.csv"])
    assert digest(TWO, [there / "b.csv", there / "a.csv"]) == first
    assert digest(TWO + " ", [here / "a.csv", here / "b.csv"]) != first
    assert digest(TWO, [here / "a.csv"]) != first
    (there / "b.csv").write_text("3")
    assert digest(TWO, [there / "a.csv", there / "b.csv"]) != first


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match=r"gone\.csv: cannot be read: No such file"):
        digest(TWO, [tmp_path / "gone.csv"])
