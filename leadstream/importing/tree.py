"""YAML text as plain values, with the line of every part of it.

A small dialect on purpose: only what JSON knows, so that a value is what it looks like. `no`, `0123`, `1_000` and
`2018-01-01` are texts; only `true` and `false`, canonical numbers and `null` are not. No anchors, no tags.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from leadstream.importing.problems import MappingError, Problem, spelled
from streams.agreement.source import Composed, composed

Loc = tuple[str | int, ...]

_DEEPEST = 40
_NO_ANCHORS = "anchors and aliases are not part of a mapping; write the part out"
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Tree:
    """A YAML document.

    Attributes:
        data: its plain value: dict, list, str, int, float, bool or None.
        root: the composed node, which knows the lines.
    """

    data: Any
    root: yaml.Node

    def line(self, loc: Sequence[str | int]) -> int:
        """The line, from 1, of a location; of the nearest part around it where the location itself is missing."""
        node, line = self.root, self.root.start_mark.line
        for part in loc:
            if isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == part), None)
                if found:
                    line, node = found[0].start_mark.line, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line
        return line + 1


def parse(text: str, name: str) -> Tree:
    """Read a YAML document.

    Args:
        text: the document.
        name: what errors call it.

    Raises:
        MappingError: not YAML, or YAML outside the dialect; with the line.
    """
    try:
        nodes = composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MappingError(name, [Problem(mark.line + 1 if mark else 1, "", f"not YAML: {error.problem}")]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise MappingError(name, [Problem(1, "", f"not YAML: {error}")]) from error
    if nodes.root is None:
        raise MappingError(name, [Problem(1, "", "is empty; expected at least `name` and `files`")])
    builder = _Builder(nodes)
    data = builder.build(nodes.root, ())
    if builder.problems:
        raise MappingError(name, builder.problems)
    return Tree(data, nodes.root)


class _Builder:
    """Turns nodes into plain values and collects what is outside the dialect."""

    def __init__(self, nodes: Composed) -> None:
        self._anchored, self._tagged = nodes.anchored, nodes.tagged
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, loc: Loc) -> Any:
        if id(node) in self._seen or id(node) in self._anchored:
            return self._refuse(node, loc, _NO_ANCHORS)
        if id(node) in self._tagged:
            return self._refuse(node, loc, f"the tag `{node.tag}` is not part of a mapping")
        if len(loc) > _DEEPEST:
            return self._refuse(node, loc, f"nested deeper than {_DEEPEST}")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*loc, index)) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(key, loc, "a key must be a plain name")
            elif id(key) in self._anchored:
                self._refuse(key, loc, _NO_ANCHORS)
            elif id(key) in self._tagged:
                self._refuse(key, loc, "a key must be a plain name")
            elif key.value in made:
                self._refuse(key, loc, f"the key `{key.value}` stands here twice")
            else:
                made[key.value] = self.build(value, (*loc, key.value))
        return made

    @staticmethod
    def _scalar(node: yaml.Node) -> Any:
        text: str = node.value
        if not isinstance(node, yaml.ScalarNode) or node.style is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _WHOLE.fullmatch(text):
            return int(text)
        return float(text) if _NUMBER.fullmatch(text) else text

    def _refuse(self, node: yaml.Node, loc: Loc, message: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, spelled(loc), message))
