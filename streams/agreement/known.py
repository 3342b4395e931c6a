"""All published versions, and which one governs at an instant."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from events.agreement import AgreementFact, AgreementPublished, AgreementRetired
from events.instants import to_us
from streams.agreement.compile import compile_published
from streams.agreement.compiled import Agreement
from streams.agreement.pipeline import OPEN, Pipeline

Governing = AgreementPublished | AgreementRetired
"""The facts that change what governs."""


class Known:
    """An immutable collection of published versions, compiled.

    In force at t is the version of a name with the greatest `effective_from` not after t, of equal ones the highest.
    A version that is retired before it takes effect is never in force; one that is retired later stays in force for
    what has started, and nothing more starts by it.
    """

    __slots__ = ("_by_name", "_changes", "_in_force", "_pipelines", "_versions")

    def __init__(self, agreements: Iterable[Agreement] = ()) -> None:
        self._versions: dict[tuple[str, int], Agreement] = {}
        for agreement in agreements:
            self._versions.setdefault((agreement.name, agreement.version), agreement)
        self._by_name: dict[str, tuple[list[int], list[Agreement]]] = {}
        taking_effect = [each for each in self._versions.values() if not each.is_over(each.effective_from)]
        for agreement in sorted(taking_effect, key=lambda each: (each.effective_from, each.version)):
            since, versions = self._by_name.setdefault(agreement.name, ([], []))
            since.append(agreement.effective_from)
            versions.append(agreement)
        self._changes = sorted({agreement.effective_from for agreement in taking_effect})
        self._in_force: list[tuple[Agreement, ...]] = [(), *(self._ranked(at) for at in self._changes)]
        self._pipelines = _pipelines(self._changes, self._in_force[1:])

    @classmethod
    def of(cls, facts: Iterable[AgreementFact]) -> "Known":
        """Compile published versions; of two with equal name and version the first counts, of two ends as well.

        Raises:
            AgreementError: a fact carries a document that this program cannot carry out.
        """
        return cls().adding(facts)

    def adding(self, facts: Iterable[AgreementFact]) -> "Known":
        """This collection and more; versions that are compiled already are kept as they are. An end comes after."""
        found = dict(self._versions)
        for fact in facts:
            before = found.get((fact.name, fact.version))
            match fact:
                case AgreementPublished() if before is None:
                    found[fact.name, fact.version] = compile_published(fact)
                case AgreementRetired() if before is not None and before.retired_from is None:
                    found[fact.name, fact.version] = replace(before, retired_from=to_us(fact.retired_from))
        return Known(found.values())

    def version(self, name: str, version: int) -> Agreement | None:
        """One version, in force or not."""
        return self._versions.get((name, version))

    def in_force(self, name: str, at: int) -> Agreement | None:
        """The version of a name by which its leads live at an instant, also when nothing more starts by it."""
        found = self._by_name.get(name)
        if found is None:
            return None
        place = bisect_right(found[0], at)
        return found[1][place - 1] if place else None

    def starting(self, name: str, at: int) -> Agreement | None:
        """The version of a name that governs what starts at an instant."""
        found = self.in_force(name, at)
        return None if found is None or found.is_over(at) else found

    def choose(self, profile: Mapping[str, Any], at: int) -> Agreement | None:
        """The agreement that governs what starts with a lead of that profile.

        Of several that match, the highest priority; then one with an `applies_to` before one without; then the name.
        """
        for agreement in self._in_force[bisect_right(self._changes, at)]:
            if not agreement.is_over(at) and agreement.matches(profile):
                return agreement
        return None

    def pipeline(self, at: int) -> Pipeline:
        """How opportunities are counted at an instant, all alike: they have no profile that a condition could ask.

        Of several agreements that say so, the one that `choose` would take first. The end of an agreement ends no
        pipeline: a version without one does, or one of another name that comes first.
        """
        return self._pipelines[bisect_right(self._changes, at)]

    def next_change(self, since: int) -> int | None:
        """The least instant, not before `since`, at which a version takes effect."""
        place = bisect_left(self._changes, since)
        return self._changes[place] if place < len(self._changes) else None

    def _ranked(self, at: int) -> tuple[Agreement, ...]:
        governing = [found for name in self._by_name if (found := self.in_force(name, at)) is not None]
        return tuple(sorted(governing, key=lambda each: (-each.priority, not each.conditional, each.name)))


def _pipelines(changes: Iterable[int], in_force: Iterable[tuple[Agreement, ...]]) -> list[Pipeline]:
    """What governs opportunities before the first change, and from each on; each knows since when it does."""
    found, before = [OPEN], OPEN
    for at, agreements in zip(changes, in_force, strict=True):
        now = next((each.pipeline for each in agreements if each.pipeline is not None), OPEN)
        found.append(found[-1] if now is before else replace(now, since=at))
        before = now
    return found
