from hypothesis import given
from hypothesis import strategies as st

from projections.catalogue import VIEWS
from projections.rows import decode_key, decode_row, encode_key, row_encoder
from projections.views.leads import LEADS
from projections.views.view import Kind, View

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
CELLS: dict[Kind, st.SearchStrategy[object]] = {
    Kind.TEXT: TEXTS,
    Kind.INTEGER: st.integers(-(2**53), 2**53),
    Kind.REAL: st.floats(allow_nan=False, allow_infinity=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.INSTANT: TEXTS,
}


@given(view=st.sampled_from(VIEWS), data=st.data())
def test_rows_and_keys_come_back_from_their_bytes(view: View[object], data: st.DataObject) -> None:
    strategies = [st.none() | CELLS[c.kind] if c.optional else CELLS[c.kind] for c in view.columns]
    cells = data.draw(st.tuples(*strategies))
    assert decode_row(view, row_encoder(view)(cells)) == cells
    assert decode_key(view, encode_key(cells[: view.key])) == cells[: view.key]


@given(one=st.tuples(TEXTS, TEXTS), other=st.tuples(TEXTS, TEXTS))
def test_different_keys_have_different_bytes(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (encode_key(one) == encode_key(other)) == (one == other)


def test_the_key_of_a_lead_is_its_id() -> None:
    assert encode_key(("Zoë",)) == "Zoë".encode()
    assert decode_key(LEADS, "Zoë".encode()) == ("Zoë",)


def test_a_row_that_lacks_a_column_is_one_of_a_former_version_of_the_view() -> None:
    assert decode_row(LEADS, b'{"lead": "anna"}') is None
