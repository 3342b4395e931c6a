"""YAML text as a plain document whose every part knows its line.

Values are what JSON knows, and nothing turns into something else behind the writer's back: `2026-01-01`, `09:00`, `no`
and `50%` are texts. A key that stands twice, an anchor or a tag is an error.
"""

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import yaml
from typing_extensions import override

from streams.agreement.problems import AgreementError, Place, Problem, path_of

_LARGEST = 1_000_000
DEEPEST = 32
"""Levels of lists and keys in a document at most."""
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Source:
    """A document as it was read.

    Attributes:
        document: dictionaries, lists, texts, numbers, truth values and None.
        lines: line of every place, from 1.
    """

    document: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest part around it that is written down."""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]


def read(text: str) -> Source:
    """Read YAML.

    Raises:
        AgreementError: it is not YAML, or more than the plain values above.
    """
    if len(text) > _LARGEST:
        raise AgreementError([Problem("", 1, f"expected at most {_LARGEST} characters, found {len(text)}")])
    try:
        root, anchored = composed(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise AgreementError([Problem("", line, f"expected YAML: {error.problem}")]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise AgreementError([Problem("", 1, f"expected YAML: {error}")]) from error
    if root is None:
        raise AgreementError([Problem("", 1, "expected an agreement, found nothing")])
    reader = _Reader(anchored)
    document = reader.value(root, ())
    if reader.problems:
        raise AgreementError(reader.problems)
    return Source(document, reader.lines)


def composed(text: str) -> tuple[yaml.Node | None, AbstractSet[int]]:
    """The nodes of a YAML document (None when it is empty), and the `id` of each that has an anchor or is an alias.

    Raises:
        yaml.YAMLError: it is not YAML.
        RecursionError: it is nested too deeply.
    """
    loader = _Loader(text)
    try:
        return loader.get_single_node(), loader.anchored
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """Composes as ever, and notes what has an anchor, of which the nodes themselves tell nothing."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.anchored: set[int] = set()

    @override
    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.NodeEvent = self.peek_event()  # type: ignore[no-untyped-call]
        named = event.anchor is not None
        node = super().compose_node(parent, index)
        if named:
            self.anchored.add(id(node))
        return node


class _Reader:
    def __init__(self, anchored: AbstractSet[int]) -> None:
        self._anchored = anchored
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()
        self._resolve: Callable[..., str] = yaml.resolver.Resolver().resolve

    def value(self, node: yaml.Node, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        refusal = self._refusal(node, place)
        self._seen.add(id(node))
        if refusal is not None:
            return self._problem(node, place, refusal)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, place))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        quoted = isinstance(node, yaml.ScalarNode) and node.style is not None
        return node.value if quoted else _plain(node.value)

    def _refusal(self, node: yaml.Node, place: Place) -> str | None:
        if id(node) in self._seen:
            return "expected the part written out, found an alias"
        if id(node) in self._anchored:
            return "expected a plain value, found an anchor"
        if len(place) > DEEPEST:
            return f"expected at most {DEEPEST} levels"
        if node.tag != self._tag_without_a_tag(node):
            return f"expected a plain value, found the tag {node.tag}"
        return None

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<" or id(key) in self._anchored:
                self._problem(key, place, "expected a plain name as key")
            elif key.value in seen:
                self._problem(key, (*place, key.value), f"stands twice, first on line {seen[key.value]}; keep one")
            else:
                seen[key.value] = self.lines[*place, key.value] = line
                yield key.value, self.value(value, (*place, key.value))

    def _tag_without_a_tag(self, node: yaml.Node) -> str:
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        return self._resolve(type(node), node.value, (plain, not plain))

    def _problem(self, node: yaml.Node, place: Place, message: str) -> None:
        self.problems.append(Problem(path_of(place), node.start_mark.line + 1, message))


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
