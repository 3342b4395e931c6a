"""Whether memory and open files of a process level off: samples from /proc, and the rule that judges them.

Memory: the median of all slopes between two samples of the second half (Theil and Sen), which a few peaks do not move,
times the length of that half. It may be no more than a bound. Open files: the least of the last third is no more than
the median of the first, and a few; a broker that was killed has connections opened anew, which close after a while,
and every partition that somebody else has left takes some of its own.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil

from tests.support.process import Process

MIB = 1 << 20
FEW_FILES = 8
_MOST_SAMPLES = 150
"""Of a half: more are thinned out evenly, because the slopes are those of all pairs."""


class Sample(NamedTuple):
    """What was seen of a process: seconds, resident bytes, open files."""

    at: float
    resident: int
    files: int


@dataclass(frozen=True)
class Series:
    """The samples of one process, from its start to its end."""

    name: str
    pid: int
    samples: list[Sample] = field(default_factory=list)

    def look(self) -> None:
        """One more sample, if it still runs."""
        try:
            resident = psutil.Process(self.pid).memory_info().rss
            files = len(list(Path(f"/proc/{self.pid}/fd").iterdir()))
        except (psutil.NoSuchProcess, OSError):
            return
        if resident:  # a zombie has none
            self.samples.append(Sample(time.monotonic(), resident, files))

    @property
    def seconds(self) -> float:
        """From the first sample to the last."""
        return self.samples[-1].at - self.samples[0].at if self.samples else 0.0


def rise(samples: Sequence[Sample]) -> float:
    """By how many bytes resident memory grows in the second half, peaks aside."""
    half = samples[len(samples) // 2 :]
    if len(half) < 2:
        return 0.0
    thinned = half[:: -(-len(half) // _MOST_SAMPLES)]
    slopes = [(b.resident - a.resident) / (b.at - a.at) for a, b in combinations(thinned, 2) if b.at > a.at]
    return median(slopes) * (half[-1].at - half[0].at) if slopes else 0.0


def told(series: Series, bound: float) -> str:
    """For people: memory and open files at five instants, and how far memory rose in the second half."""
    samples = series.samples
    shown = [samples[(len(samples) - 1) * number // 4] for number in range(5)] if samples else []
    lines = [f"{one.at - samples[0].at:6.0f} s  {one.resident / MIB:6.1f} MiB  {one.files} files" for one in shown]
    lines.append(f"second half: {rise(samples) / MIB:+.1f} MiB, allowed {bound / MIB:.1f}")
    return "\n".join(lines)


def problems(series: Series, *, bound: float, files: int = FEW_FILES) -> Iterator[str]:
    """Why a process does not level off.

    Args:
        series: its samples.
        bound: bytes by which its memory may grow in the second half.
        files: by how many it may have more open: connections, too, of what it has taken over since.
    """
    samples = series.samples
    if len(samples) < 9:
        yield f"{series.name}: {len(samples)} samples are too few to judge"
        return
    if (grown := rise(samples)) > bound:
        yield f"{series.name}: memory grew by {grown / MIB:.1f} MiB in the second half, {bound / MIB:.1f} are allowed"
    third = len(samples) // 3
    early, late = median(sample.files for sample in samples[:third]), min(sample.files for sample in samples[-third:])
    if late > early + files:
        yield f"{series.name}: {late} open files at least in the last third, {early:.0f} in the first"


class Sampler:
    """Keeps the series of whoever lives."""

    def __init__(self) -> None:
        self.series: list[Series] = []
        self._by_pid: dict[int, Series] = {}

    def look(self, living: dict[str, Process]) -> None:
        """One sample of each; whoever has another process than before begins a new series."""
        for name, process in living.items():
            if process.pid not in self._by_pid:
                self._by_pid[process.pid] = Series(name, process.pid)
                self.series.append(self._by_pid[process.pid])
            self._by_pid[process.pid].look()

    def longest(self, name: str) -> Series:
        """The longest series of that name."""
        return max((one for one in self.series if one.name == name), key=lambda one: one.seconds)
