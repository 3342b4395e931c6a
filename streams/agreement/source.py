"""YAML text as a plain document whose every part knows its line.

Values are what JSON knows, and nothing turns into something else behind the writer's back: `2026-01-01`, `09:00`, `no`
and `50%` are texts. A key that stands twice, an anchor or a tag is an error.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NamedTuple

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


class Composed(NamedTuple):
    """The nodes of a YAML document, and what the nodes themselves do not tell.

    Attributes:
        root: the outermost node; None when it is empty.
        anchored: the `id` of each node that has an anchor or is an alias.
        tagged: the `id` of each node with a tag that is written out.
    """

    root: yaml.Node | None
    anchored: AbstractSet[int]
    tagged: AbstractSet[int]


def read(text: str) -> Source:
    """Read YAML.

    Raises:
        AgreementError: it is not YAML, or more than the plain values above.
    """
    if len(text) > _LARGEST:
        raise AgreementError([Problem("", 1, f"expected at most {_LARGEST} characters, found {len(text)}")])
    try:
        nodes = composed(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise AgreementError([Problem("", line, f"expected YAML: {error.problem}")]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise AgreementError([Problem("", 1, f"expected YAML: {error}")]) from error
    if nodes.root is None:
        raise AgreementError([Problem("", 1, "expected an agreement, found nothing")])
    reader = _Reader(nodes)
    document = reader.value(nodes.root, ())
    if reader.problems:
        raise AgreementError(reader.problems)
    return Source(document, reader.lines)


def composed(text: str) -> Composed:
    """The nodes of a YAML document.

    Raises:
        yaml.YAMLError: it is not YAML.
        RecursionError: it is nested too deeply.
    """
    loader = _Loader(text)
    try:
        return Composed(loader.get_single_node(), loader.anchored, loader.tagged)
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """Composes as ever, and notes what has an anchor or a tag of its own, of which the nodes tell nothing."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.anchored: set[int] = set()
        self.tagged: set[int] = set()

    @override
    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.NodeEvent = self.peek_event()  # type: ignore[no-untyped-call]
        node = super().compose_node(parent, index)
        if event.anchor is not None:
            self.anchored.add(id(node))
        if getattr(event, "tag", None) is not None:  # an alias has none
            self.tagged.add(id(node))
        return node


class _Reader:
    def __init__(self, nodes: Composed) -> None:
        self._anchored, self._tagged = nodes.anchored, nodes.tagged
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

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
        if id(node) in self._tagged:
            return f"expected a plain value, found the tag {node.tag}"
        return None

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<" or id(key) in self._anchored | self._tagged:
                self._problem(key, place, "expected a plain name as key")
            elif key.value in seen:
                self._problem(key, (*place, key.value), f"stands twice, first on line {seen[key.value]}; keep one")
            else:
                seen[key.value] = self.lines[*place, key.value] = line
                yield key.value, self.value(value, (*place, key.value))

    def _problem(self, node: yaml.Node, place: Place, message: str) -> None:
        self.problems.append(Problem(path_of(place), node.start_mark.line + 1, message))


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
