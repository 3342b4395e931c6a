"""The points of engagement at which something changes: a grade, or a part of the qualified-lead definition."""

from collections.abc import Iterable, Sequence

from streams.scoring.values import Threshold

_REMEMBERED = 4096


class Levels:
    """Levels by fit and thresholds; those of the last few thousand combinations are remembered.

    Args:
        of_grades: least points of each grade.
        cap: points at most, of engagement and of the score.
    """

    __slots__ = ("_cap", "_found", "_of_grades")

    def __init__(self, of_grades: Sequence[int], cap: int) -> None:
        self._of_grades, self._cap = tuple(of_grades), cap
        self._found: dict[tuple[int, tuple[Threshold, ...]], list[int]] = {}

    def at(self, fit: int, thresholds: tuple[Threshold, ...]) -> list[int]:
        """Whole points of engagement at which something changes, as long as the fit stays; ascending, none below 1."""
        key = (fit, thresholds)
        levels = self._found.get(key)
        if levels is None:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            levels = self._found[key] = self._levels(fit, thresholds)
        return levels

    def _levels(self, fit: int, thresholds: Iterable[Threshold]) -> list[int]:
        wanted = set(self._of_grades)
        for threshold in thresholds:
            if threshold.of == "engagement":
                wanted.add(threshold.at_least)
            elif threshold.of == "total" and threshold.at_least <= self._cap:
                wanted.add(threshold.at_least - fit)
        return sorted(points for points in wanted if 0 < points <= self._cap)
