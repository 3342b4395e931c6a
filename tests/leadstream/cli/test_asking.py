from typing import Any

import click
import pytest

from events.council import PlanAction
from events.fact import Fact
from leadstream.cli.asking import checked


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (PlanAction, {"due": "2026-13-02"}, "--due: expected a day such as 2026-02-20"),
        (PlanAction, {"due": "2026-02-20", "kind": "party"}, "--kind: Invalid enum value 'party'"),
    ],
)
def test_a_wrong_field_of_a_command_is_named_by_its_option(kind: type[Fact], fields: dict[str, Any], said: str) -> None:
    with pytest.raises(click.UsageError) as refused:
        checked(kind, "emea", fields, "COUNCIL")
    assert refused.value.message == said
