from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadstream.importing.compiling import compile_condition, compile_expression
from leadstream.importing.conditions import Condition
from leadstream.importing.expressions import Expression
from leadstream.importing.problems import BadValueError
from leadstream.importing.steps import boolean, integer, number

ROW = {"name": "Ada", "empty": "", "space": "  ", "amount": "1.234,50", "city": "Köln", "step": "W_Call"}


def value(**parts: Any) -> Any:
    columns = list(ROW)
    return compile_expression(Expression.model_validate(parts), columns.index)(list(ROW.values()))


def holds(**parts: Any) -> bool:
    columns = list(ROW)
    test = compile_condition(Condition.model_validate(parts), columns.index)
    assert test
    return test(list(ROW.values()))


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({"column": "name"}, "Ada"),
        ({"column": "space"}, None),
        ({"column": "empty", "blank": "keep"}, ""),
        ({"value": 7}, 7),
        ({"first": [{"column": "empty"}, {"column": "space"}, {"column": "city"}]}, "Köln"),
        ({"first": [{"column": "empty"}, "none"]}, "none"),
        ({"first": [{"column": "empty"}]}, None),
        ({"join": [{"column": "name"}, {"column": "empty"}, {"column": "city"}], "with": ", "}, "Ada, Köln"),
        ({"join": [{"column": "empty"}]}, None),
        ({"template": "{name} of {city} {{x}}"}, "Ada of Köln {x}"),
        ({"template": "{name} of {empty}"}, None),
        ({"column": "name", "then": ["upper", {"prefix": "x-"}, {"suffix": "!"}]}, "x-ADA!"),
        ({"column": "amount", "then": [{"replace": {".": "", ",": "."}}, {"minor_units": 2}]}, 123450),
        ({"column": "name", "then": {"blank_if": ["Ada", "-"]}}, None),
        ({"column": "name", "then": [{"replace": {"Ada": " "}}]}, None),
        ({"column": "name", "then": {"map": {"Ada": True}}}, True),
        ({"column": "city", "then": {"map": {"Ada": True}, "unmapped": "keep"}}, "Köln"),
        ({"column": "city", "then": {"map": {"Ada": True}, "unmapped": "blank"}}, None),
        ({"column": "empty", "then": "integer"}, None),
    ],
)
def test_a_value_is_made_as_written(parts: dict[str, Any], wanted: Any) -> None:
    assert value(**parts) == wanted
    assert type(value(**parts)) is type(wanted)


@pytest.mark.parametrize(
    "parts",
    [
        {"column": "empty", "blank": "refuse"},
        {"column": "city", "then": {"map": {"Ada": 1}}},
        {"column": "amount", "then": "number"},
        {"column": "name", "then": "boolean"},
        {"column": "name", "then": {"minor_units": 2}},
    ],
)
def test_what_cannot_be_made_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(BadValueError):
        value(**parts)


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({"name": "Ada"}, True),
        ({"name": {"is": "ada"}}, False),
        ({"name": {"in": ["Ada", "Bob"]}}, True),
        ({"name": {"in": "Ada"}}, True),
        ({"step": {"starts_with": ["X_", "W_"]}}, True),
        ({"step": {"ends_with": "Call", "contains": "_"}}, True),
        ({"step": {"ends_with": "Call", "contains": "?"}}, False),
        ({"space": {"present": True}}, False),
        ({"space": {"present": False}, "empty": ""}, True),
        ({"name": {"not": {"in": ["Bob"]}}}, True),
        ({"name": "Ada", "city": "Bonn"}, False),
        ({"any": [{"name": "Bob"}, {"city": "Köln", "step": "W_Call"}]}, True),
        ({"all": [{"name": "Ada"}, {"city": "Bonn"}]}, False),
        ({"not": {"name": "Ada", "city": "Bonn"}}, True),
        ({"not": {"name": "Ada"}}, False),
        ({"name": "Ada", "any": [{"city": "Bonn"}], "not": {"step": "x"}}, False),
        ({"name": "Ada", "city": "Köln", "step": "W_Call", "empty": ""}, True),
    ],
)
def test_a_condition_holds_where_all_of_it_holds(parts: dict[str, Any], wanted: bool) -> None:
    assert holds(**parts) is wanted


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_is_read_exactly_however_it_is_written(whole: int) -> None:
    assert integer(str(whole)) == integer(f" {whole}.00 ") == number(str(whole)) == whole
    assert type(number(str(whole))) is int


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_double_nearest_to_what_is_written(wanted: float) -> None:
    assert number(repr(wanted)) == wanted


@pytest.mark.parametrize(
    "text", ["", "x", "1,5", "1.5", "9007199254740993", "1e999", "inf", "nan", "٣", "1e-400", "1__0"]
)
def test_what_is_no_whole_number_within_its_limit_is_refused(text: str) -> None:
    with pytest.raises(BadValueError):
        integer(text)


@pytest.mark.parametrize("text", ["1e400", "9" * 30, "0x10", "1.", ".5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadValueError):
        number(text)


def test_an_amount_with_more_decimals_than_the_currency_is_refused() -> None:
    with pytest.raises(BadValueError, match="at most 0 decimals"):
        value(first=[{"column": "amount", "then": [{"replace": {"1.234,50": "1.1"}}, {"minor_units": 0}]}])


def test_booleans_have_many_spellings() -> None:
    assert [boolean(text) for text in ("True", "yes", "1", "T")] == [True] * 4
    assert [boolean(text) for text in ("FALSE", "no", "0", "f")] == [False] * 4
