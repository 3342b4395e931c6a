"""What a well-formed mapping must also be: facts that exist, fields they have, values of the right type."""

from collections.abc import Callable, Iterator

from leadstream.importing.catalogue import FACTS, PROFILE_TYPES, FactRule, FieldRule
from leadstream.importing.expressions import Expression, Step
from leadstream.importing.model import FactSpec, FileSpec, ImportMapping
from leadstream.importing.tree import Loc

Report = Callable[[Loc, str], None]

_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}
_TEXT = frozenset({str})
_RESULTS: dict[str, frozenset[type]] = {
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
}


def check(mapping: ImportMapping) -> list[tuple[Loc, str]]:
    """Everything wrong in a mapping that its grammar alone cannot see, as (location, message)."""
    found: list[tuple[Loc, str]] = []

    def report(loc: Loc, message: str) -> None:
        found.append((loc, message))

    roles: set[str] = set()
    for index, file in enumerate(mapping.files):
        loc: Loc = ("files", index)
        if file.role in roles:
            report((*loc, "role"), f"the role `{file.role}` is used twice")
        roles.add(file.role)
        _check_file(file, loc, report)
    return found


def _check_file(file: FileSpec, loc: Loc, report: Report) -> None:
    _expect(file.subject, _TEXT, (*loc, "subject"), report)
    if file.time:
        _expect(file.time, _TEXT, (*loc, "time"), report)
    names = list(file.rename.values())
    for old, new in file.rename.items():
        if names.count(new) > 1:
            report((*loc, "rename", old), f"two columns would be called `{new}`")
    for index, part in enumerate(file.key or ()):
        if not part.row:
            types_of(part, (*loc, "key", index), report)
    if not file.time and any(part.row == "time" for part in file.key or ()):
        report((*loc, "key"), "has the row's time in it: give the file a `time`")
    _check_reachable(file, loc, report)
    for spec, at, clock in _facts(file, loc):
        _check_fact(spec, at, report)
        if spec.subject:
            _expect(spec.subject, _TEXT, (*at, "subject"), report)
        if spec.at:
            _expect(spec.at, _TEXT, (*at, "at"), report)
        elif not file.time:
            report(clock, "has no time: give the file a `time` or the fact an `at`")


def _check_reachable(file: FileSpec, loc: Loc, report: Report) -> None:
    for number, rule in enumerate(file.rules[:-1]):
        if rule.when is None and not rule.also:
            report((*loc, "rules", number + 1), "is never reached: the rule before it takes every row")


def _facts(file: FileSpec, loc: Loc) -> Iterator[tuple[FactSpec, Loc, Loc]]:
    """Each fact with its location and the location of its name."""
    for number, rule in enumerate(file.rules):
        for ordinal, spec in enumerate(rule.specs):
            at: Loc = (*loc, "rules", number, "facts", ordinal) if rule.facts else (*loc, "rules", number)
            yield spec, at, (*at, "fact")


def _check_fact(spec: FactSpec, loc: Loc, report: Report) -> None:
    known = FACTS.get(spec.fact)
    if known is None:
        report((*loc, "fact"), f"there is no fact `{spec.fact}` to import; expected one of {', '.join(FACTS)}")
        return
    _check_required(spec, known, loc, report)
    for name, expression in spec.data.fields.items():
        at: Loc = (*loc, "data", name)
        rule = known.fields.get(name)
        if rule is None:
            report(at, f"{spec.fact} has no field `{name}`; expected one of {', '.join(known.fields)}")
        else:
            _check_field(expression, rule, at, report)
    if spec.data.profile is None:
        return
    if "profile" not in known.fields:
        report((*loc, "data", "profile"), f"{spec.fact} has no profile; expected one of {', '.join(known.fields)}")
    for name, expression in spec.data.profile.items():
        _expect(expression, PROFILE_TYPES, (*loc, "data", "profile", name), report)


def _check_required(spec: FactSpec, known: FactRule, loc: Loc, report: Report) -> None:
    given = {*spec.data.fields, *(["profile"] if spec.data.profile else [])}
    missing = [name for name, rule in known.fields.items() if rule.required and name not in given]
    if missing:
        where = "data" if spec.data.model_fields_set or given else "fact"
        report((*loc, where), f"{spec.fact} needs the field{'s' * (len(missing) > 1)} {', '.join(missing)}")


def _check_field(expression: Expression, rule: FieldRule, loc: Loc, report: Report) -> None:
    _expect(expression, rule.types, loc, report)
    value = expression.value
    if rule.choices and value is not None and value not in rule.choices:
        report(loc, f"expected one of {', '.join(rule.choices)}; found {value!r}")
    if rule.required and value == "":
        report(loc, "is required and cannot be an empty text")


def _expect(expression: Expression, wanted: frozenset[type], loc: Loc, report: Report) -> None:
    """Report where the expression may give a type the place does not take. A number takes whole ones too."""
    given = types_of(expression, loc, report)
    taken = wanted | {int} if float in wanted else wanted
    if not given <= taken:
        report(loc, f"expected a {_named(wanted)}, and this gives a {_named(given - taken)}{_hint(wanted)}")


def _named(types: frozenset[type]) -> str:
    return " or ".join(word for kind, word in _WORDS.items() if kind in types)


def _hint(wanted: frozenset[type]) -> str:
    steps = {int: "integer", bool: "boolean"}
    step = next((step for kind, step in steps.items() if wanted == {kind}), "")
    return f"; add `then: {step}`" if step else ""


def types_of(expression: Expression, loc: Loc, report: Report) -> frozenset[type]:
    """The types an expression can give, checking on the way that each step gets what it works on."""
    types = _source_types(expression, loc, report)
    for number, step in enumerate(expression.then):
        at: Loc = (*loc, "then", number)
        if types != _TEXT:
            report(at, f"this step works on text and gets a {_named(types)}")
        types = _step_types(step)
    if expression.blank == "keep" and types != _TEXT:
        report((*loc, "blank"), "`keep` keeps an empty text, and this gives no text")
    return types


def _source_types(expression: Expression, loc: Loc, report: Report) -> frozenset[type]:
    if expression.value is not None:
        return frozenset({type(expression.value)})
    parts = expression.first or expression.join or ()
    made = [types_of(part, (*loc, expression.source, index), report) for index, part in enumerate(parts)]
    return frozenset().union(*made) if expression.first else _TEXT


def _step_types(step: Step) -> frozenset[type]:
    if step.word is not None:
        return _RESULTS.get(step.word, _TEXT)
    if step.minor_units is not None:
        return frozenset({int})
    if step.map is not None:
        kept = _TEXT if step.unmapped == "keep" or not step.map else frozenset()
        return frozenset({type(value) for value in step.map.values()}) | kept
    return _TEXT
