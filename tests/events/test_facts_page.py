from pathlib import Path

import pytest

from events.registry import CATALOGUE
from events.schema import meanings, structs_of
from tests.events.facts_page import page
from tests.support import golden

PAGE = Path(__file__).resolve().parents[2] / "docs" / "facts.md"


def test_the_page_of_facts_is_what_the_code_says() -> None:
    golden.check(PAGE, page().encode())


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_the_page_names_every_field_of_every_fact_with_its_meaning(wire_type: str) -> None:
    _, _, rest = golden.read(PAGE).decode().partition(f"## `{wire_type}`\n")
    section = rest.partition("\n## ")[0]
    for kind in structs_of(CATALOGUE[wire_type]):
        for name, meaning in meanings(kind).items():
            assert any(
                line.startswith(f"| `{name}` |") and line.endswith(f"| {meaning} |") for line in section.splitlines()
            )
