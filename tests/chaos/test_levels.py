"""The rule itself: it sees a leak and a file that is never closed, and is not moved by peaks."""

import random

from tests.chaos.levels import MIB, Sample, Series, problems, rise


def series(*, leak: float = 0.0, warm_up: float = 0.0, files: float = 0.0, peaks: int = 0) -> Series:
    """Half an hour, a sample every ten seconds; `leak` in bytes a second, `files` a minute."""
    chance = random.Random(1)
    made = Series("one", 1)
    high = set(chance.sample(range(180), peaks))
    for number in range(180):
        at = number * 10.0
        resident = 100 * MIB + leak * at + warm_up * min(at, 600.0) + chance.random() * MIB
        made.samples.append(
            Sample(at, int(resident + 50 * MIB * (number in high)), 40 + int(files * at / 60) + chance.randrange(5))
        )
    return made


def test_what_warms_up_and_then_stays_is_level() -> None:
    assert list(problems(series(warm_up=100_000), bound=2 * MIB)) == []


def test_peaks_do_not_make_a_slope() -> None:
    assert list(problems(series(peaks=40), bound=2 * MIB)) == []


def test_a_leak_of_ten_mebibytes_an_hour_is_seen_through_noise_and_peaks() -> None:
    leaking = series(leak=10 * MIB / 3600, peaks=40)
    assert 1.5 * MIB < rise(leaking.samples) < 4 * MIB
    (said,) = problems(leaking, bound=1.5 * MIB)
    assert "memory grew" in said


def test_files_that_are_never_closed_are_seen() -> None:
    (said,) = problems(series(files=1), bound=2 * MIB)
    assert "open files" in said


def test_too_few_samples_are_no_proof() -> None:
    few = series()
    del few.samples[5:]
    (said,) = problems(few, bound=2 * MIB)
    assert "too few" in said
