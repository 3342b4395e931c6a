"""Reading an agreement from YAML or from a published document, and writing the document."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from streams.agreement.checks import check
from streams.agreement.doubts import doubts
from streams.agreement.explain import explained
from streams.agreement.grammar import AgreementSpec
from streams.agreement.problems import AgreementError, Place, Problem, path_of
from streams.agreement.source import DEEPEST, Source, read


def load(text: str, *, new_at: int | None = None) -> AgreementSpec:
    """Read an agreement from YAML.

    Args:
        text: the file.
        new_at: when it is read as one that is still to be agreed on, microseconds; None for one that may be in force
            already, which is carried out as it was signed.

    Raises:
        AgreementError: everything that is wrong with it, each with path, line and what was expected; in a new one also
            what can be carried out and yet cannot be meant.
    """
    source = read(text)
    return _parsed(source.document, source, new_at)


def from_document(document: Any, *, new_at: int | None = None) -> AgreementSpec:
    """Read an agreement from its document, as `agreement.published` carries it.

    Args:
        document: the document.
        new_at: as `load` has it.

    Raises:
        AgreementError: everything that is wrong with it, without lines.
    """
    if _deeper_than(DEEPEST, document):
        raise AgreementError([Problem("", None, f"expected at most {DEEPEST} levels")])
    return _parsed(document, None, new_at)


def document(spec: AgreementSpec) -> dict[str, Any]:
    """The agreement with defaults filled in, as JSON knows it; `from_document` gives the same agreement back."""
    return spec.model_dump(mode="json", by_alias=True, exclude_none=True)


def _deeper_than(levels: int, node: Any) -> bool:
    parts: list[Any] = [node]
    for _ in range(levels + 1):
        parts = [child for part in parts for child in _children(part)]
    return bool(parts)


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list | tuple) else ()


def _parsed(raw: Any, source: Source | None, new_at: int | None) -> AgreementSpec:
    try:
        spec = AgreementSpec.model_validate(raw)
    except ValidationError as error:
        raise AgreementError(_located(explained(error), source)) from error
    problems = _located((*check(spec), *(() if new_at is None else doubts(spec, new_at))), source)
    if problems:
        raise AgreementError(problems)
    return spec


def _located(found: Iterable[tuple[Place, str]], source: Source | None) -> list[Problem]:
    return [_problem(place, message, source) for place, message in found]


def _problem(place: Place, message: str, source: Source | None) -> Problem:
    return Problem(path_of(place), None if source is None else source.line(place), message)
