import uuid

from hypothesis import given
from hypothesis import strategies as st

from events.ids import NAMESPACE, derived_id
from tests.support.facts import characters

_parts = st.lists(st.text(characters, max_size=20), max_size=6)


@given(_parts)
def test_a_derived_id_is_the_uuid5_of_its_joined_parts(parts: list[str]) -> None:
    assert derived_id(*parts) == str(uuid.uuid5(uuid.UUID(bytes=NAMESPACE), "\x1f".join(parts)))
    assert uuid.UUID(derived_id(*parts)).version == 5
    assert uuid.UUID(derived_id(*parts)).variant == uuid.RFC_4122


def test_derived_ids_are_the_same_for_ever() -> None:
    assert derived_id("lead-1", "lead.scored.v1", "0") == "cf5cdd5b-aa30-5cbe-8970-115ad7eb1c8c"


@given(
    st.lists(st.text(characters, max_size=6), min_size=4, max_size=4),
    st.lists(st.text("ab\x1f"), min_size=4, max_size=4),
)
def test_names_without_the_separator_are_reached_by_no_other_name(honest: list[str], forged: list[str]) -> None:
    clean = [part.replace("\x1f", "") for part in honest]
    assert (derived_id(*clean) == derived_id(*forged)) == (clean == forged)


@given(st.lists(st.text("ab\x1f", max_size=2), min_size=4, max_size=4))
def test_a_name_is_not_reached_by_shifting_the_separator_into_a_part(parts: list[str]) -> None:
    clean = ["a", "b", "a", "b"]
    assert (derived_id(*clean) == derived_id(*parts)) == (clean == parts)
