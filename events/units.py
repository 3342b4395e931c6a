"""In which unit a number of a fact is told: by the name of its field, else by the words about it."""

import re
from collections.abc import Mapping
from typing import Any

_BY_ENDING = {
    "_us": "microseconds",
    "_ms": "milliseconds",
    "_s": "seconds",
    "_seconds": "seconds",
    "_minutes": "minutes",
    "_hours": "hours",
    "_days": "days",
    "_minor": "minor units",
    "_micros": "millionths",
    "_major": "whole currency",
    "_bytes": "bytes",
    "_percent": "percent",
    "_permille": "thousandths",
}
_BY_NAME = {"percent": "percent", "days": "days", "day": "days", "points": "points", "score": "points"}
_WORDS = re.compile(
    r"(?:^|\bin |, )(?:whole )?"
    r"(microseconds|milliseconds|seconds|minutes|hours|days|weeks|months|minor units|percent|thousandths|points)\b",
    re.IGNORECASE,
)
"""A unit as it is told: `in seconds`, `how long, microseconds`; not the days of `how many they take in 30 days`."""
_NUMBERS = frozenset({"integer", "number"})


def unit_of(schema: Mapping[str, Any], name: str) -> str:
    """The unit of a field; empty where it has none, or holds no number.

    Args:
        schema: of the field, references resolved; one without a type is taken for a number.
        name: of the field, or the path to it.
    """
    last = name.rpartition(".")[2]
    if "type" in schema or "anyOf" in schema or "enum" in schema:
        kinds = {option.get("type") for option in schema.get("anyOf", [schema])}
        if not kinds & _NUMBERS:
            return ""
    named = _BY_NAME.get(last) or next((unit for end, unit in _BY_ENDING.items() if last.endswith(end)), "")
    if named:
        return named
    told = {found.lower() for found in _WORDS.findall(schema.get("description", ""))}
    return " and ".join(sorted(told)) if told else ""
