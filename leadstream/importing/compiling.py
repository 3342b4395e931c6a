"""Conditions and expressions as closures over a row, so that nothing of the mapping is looked at again per row."""

from collections.abc import Callable, Sequence

from leadstream.importing.conditions import Condition, Test
from leadstream.importing.expressions import Expression, template_parts
from leadstream.importing.given import Given
from leadstream.importing.grammar import Value
from leadstream.importing.problems import BadValueError
from leadstream.importing.steps import Change, compile_step

Row = Sequence[str]
Slot = Callable[[str], int]
"""Column name -> its index in a row."""

Get = Callable[[Row], Value | None]
Holds = Callable[[Row], bool]
_Asks = Callable[[str], bool]


def blank(value: Value) -> bool:
    """Whether a value says nothing: an empty text or only white space."""
    return isinstance(value, str) and (not value or value.isspace())


def compile_condition(condition: Condition | None, slot: Slot) -> Holds | None:
    """The condition as a function; None where every row will do."""
    if condition is None:
        return None
    parts = [_on(slot(column), _asks(test)) for column, test in condition.columns.items()]
    parts += [_every(_compiled(condition.all, slot))] if condition.all else []
    parts += [_some(_compiled(condition.any, slot))] if condition.any else []
    parts += [_opposite(_every(_compiled((condition.not_,), slot)))] if condition.not_ else []
    return parts[0] if len(parts) == 1 else _every(parts)


def _compiled(conditions: Sequence[Condition], slot: Slot) -> list[Holds]:
    return [made for each in conditions if (made := compile_condition(each, slot))]


def _on(index: int, asks: _Asks) -> Holds:
    return lambda row: asks(row[index])


def _every(parts: list[Holds]) -> Holds:
    if len(parts) == 2:
        first, second = parts
        return lambda row: first(row) and second(row)

    def holds(row: Row) -> bool:
        for part in parts:  # noqa: SIM110 - a loop is half the price of all() here, and this runs for every row
            if not part(row):
                return False
        return True

    return holds


def _some(parts: list[Holds]) -> Holds:
    return lambda row: any(part(row) for part in parts)


def _opposite(part: Holds) -> Holds:
    return lambda row: not part(row)


def _asks(test: Test) -> _Asks:
    asked = [made for made in _each(test) if made]
    return asked[0] if len(asked) == 1 else lambda text: all(each(text) for each in asked)


def _each(test: Test) -> list[_Asks | None]:
    contained, ends, starts = test.contains or (), test.ends_with, test.starts_with
    return [
        None if test.is_ is None else test.is_.__eq__,
        None if test.in_ is None else frozenset(test.in_).__contains__,
        None if starts is None else lambda text: text.startswith(starts),
        None if ends is None else lambda text: text.endswith(ends),
        None if test.contains is None else lambda text: any(part in text for part in contained),
        None if test.present is None else _is_present(test.present),
        None if test.not_ is None else _denied(_asks(test.not_)),
    ]


def _is_present(wanted: bool) -> _Asks:
    return lambda text: blank(text) is not wanted


def _denied(asks: _Asks) -> _Asks:
    return lambda text: not asks(text)


def compile_expression(expression: Expression, slot: Slot, given: Given | None = None) -> Get:
    """The expression as a function from a row to its value; None is a blank that is to be left out.

    Args:
        expression: the value as the mapping says it.
        slot: where the columns stand in a row.
        given: what it may depend on besides.

    The function raises BadValueError where a step cannot take the value, or a blank is refused.
    """
    given = given or Given()
    get = _source(expression, slot, given)
    steps = [compile_step(step, given) for step in expression.then]
    if steps:
        get = _changed(get, steps)
    if expression.blank == "keep":
        return lambda row: "" if (value := get(row)) is None else value
    return _wanted(get) if expression.blank == "refuse" else get


def _source(expression: Expression, slot: Slot, given: Given) -> Get:
    if expression.column is not None:
        return _from_column(slot(expression.column))
    if expression.first is not None:
        return _first([compile_expression(part, slot, given) for part in expression.first])
    if expression.join is not None:
        return _joined([compile_expression(part, slot, given) for part in expression.join], expression.separator)
    if expression.template is not None:
        return _filled([(text, slot(name) if name else -1) for text, name in template_parts(expression.template)])
    value: Value | None = (given.at or None) if expression.option else expression.value
    return lambda _row: value


def _from_column(index: int) -> Get:
    def get(row: Row) -> str | None:
        text = row[index]
        return None if not text or text.isspace() else text

    return get


def _first(parts: list[Get]) -> Get:
    return lambda row: next((value for part in parts if (value := part(row)) is not None), None)


def _joined(parts: list[Get], separator: str) -> Get:
    def get(row: Row) -> str | None:
        values = [_spelled(value) for part in parts if (value := part(row)) is not None]
        return separator.join(values) if values else None

    return get


def _spelled(value: Value) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _filled(parts: list[tuple[str, int]]) -> Get:
    """A template with a blank column in it is blank as a whole: half a sentence says something false."""

    def get(row: Row) -> str | None:
        made = ""
        for text, index in parts:
            made += text
            if index >= 0:
                if blank(row[index]):
                    return None
                made += row[index]
        return made

    return get


def _changed(source: Get, steps: list[Change]) -> Get:
    def get(row: Row) -> Value | None:
        value = source(row)
        for step in steps:
            # The mapping's check made sure that a step only ever meets text.
            if not isinstance(value, str) or blank(value):
                break
            value = step(value)
        return None if value is None or blank(value) else value

    return get


def _wanted(get: Get) -> Get:
    def wanted(row: Row) -> Value:
        value = get(row)
        if value is None:
            raise BadValueError("is blank")
        return value

    return wanted
