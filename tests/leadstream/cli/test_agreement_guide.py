"""The commands of the guide, in its order, as a person would type them."""

import shlex
from pathlib import Path

import pytest

from tests.leadstream.cli.house import House

ROOT = Path(__file__).parents[3]
BLOCKS = [block.split("```")[0] for block in (ROOT / "docs" / "agreement.md").read_text("utf-8").split("```sh\n")[1:]]


def test_every_command_of_the_guide_can_be_typed_as_it_stands(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    said = []
    for line in "".join(BLOCKS).splitlines():
        program, *arguments = shlex.split(line.partition(" > ")[0])
        assert program == "leadstream"
        said.append(house.run(*arguments).stdout)
    assert len(said) == 12
    assert "agreement desk, version 1: fine, 1 clause" in said[0]
    assert said[3].startswith("<!DOCTYPE html>")
    assert "now first_call: within 1 hour of the capture" in said[8]
    assert [(row["version"], row["state"]) for row in house.rows("agreement", "show", "--as-of", "2198-07-01")] == [
        (1, "retired"),
        (2, "published"),
    ]
