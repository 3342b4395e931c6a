"""What each touch has to do with an outcome: shares that sum to one, exactly.

A share is a fraction of whole numbers. Touches after the anchor do not count: what came later brought nothing about.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from events.instants import DAY

Model = Literal["first", "last", "linear", "u_shaped", "w_shaped", "time_decay"]
MODELS: tuple[Model, ...] = ("first", "last", "linear", "u_shaped", "w_shaped", "time_decay")
HALF_LIFE = 7 * DAY
_ENDS_OF_U, _PEAKS_OF_W = Fraction(2, 5), Fraction(3, 10)


class Touch(NamedTuple):
    """A touch: when it happened in microseconds, its id, and what it is credited to, such as a campaign."""

    at: int
    touch: str
    credit: str


def shares(
    touches: Sequence[Touch], anchor: int, model: Model, *, turning_point: int | None = None, half_life: int = HALF_LIFE
) -> dict[str, Fraction]:
    """The share of each touch that counts, by id in the order in which they happened; empty where none counts.

    * first, last: all to one.
    * linear: alike.
    * u_shaped: two fifths each to the first and the last, the rest to those between.
    * w_shaped: three tenths each to the first, the last, and the last up to the turning point; to the others the rest.
    * time_decay: half as much for each half-life before the anchor, straight lines between, so nothing is rounded.

    Peaks that fall together get their parts together; what nobody is there for goes to the peaks alike.

    Args:
        touches: in any order.
        anchor: the outcome, such as the opening, in microseconds; a touch at that instant counts.
        model: how shares are dealt out.
        turning_point: when the lead became qualified, in microseconds; without it `w_shaped` has two peaks.
        half_life: of `time_decay`, in microseconds.
    """
    counted = sorted(each for each in touches if each.at <= anchor)
    if not counted:
        return {}
    weights = _weights(counted, anchor, model, turning_point, half_life)
    total = sum(weights, Fraction(0))
    found: dict[str, Fraction] = {}
    for touch, weight in zip(counted, weights, strict=True):
        found[touch.touch] = found.get(touch.touch, Fraction(0)) + weight / total
    return found


def _weights(
    counted: Sequence[Touch], anchor: int, model: Model, turning_point: int | None, half_life: int
) -> list[Fraction]:
    last = len(counted) - 1
    match model:
        case "first":
            return _peaks(len(counted), [0], Fraction(1))
        case "last":
            return _peaks(len(counted), [last], Fraction(1))
        case "linear":
            return [Fraction(1)] * len(counted)
        case "u_shaped":
            return _peaks(len(counted), [0, last], _ENDS_OF_U)
        case "w_shaped":
            before = [] if turning_point is None else [i for i, each in enumerate(counted) if each.at <= turning_point]
            return _peaks(len(counted), [0, *before[-1:], last], _PEAKS_OF_W)
        case "time_decay":
            return [_decayed(anchor - each.at, half_life) for each in counted]


def _peaks(count: int, peaks: Sequence[int], height: Fraction) -> list[Fraction]:
    """Weights with so much at each peak and the rest of one spread over the others, who may be none."""
    weights = [Fraction(0)] * count
    for peak in peaks:
        weights[peak] += height
    others = [i for i in range(count) if i not in peaks]
    for i in others:
        weights[i] = (1 - height * len(peaks)) / len(others)
    return weights


def _decayed(age: int, half_life: int) -> Fraction:
    halvings, rest = divmod(age, half_life)
    return (1 - Fraction(rest, 2 * half_life)) / (1 << halvings)


def credited(touches: Sequence[Touch], given: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Shares of touches, summed by what they are credited to."""
    of = {each.touch: each.credit for each in touches}
    found: dict[str, Fraction] = {}
    for touch, share in given.items():
        found[of[touch]] = found.get(of[touch], Fraction(0)) + share
    return found


def dealt(amount_minor: int, given: Mapping[str, Fraction]) -> dict[str, int]:
    """An amount in whole minor units, dealt out by shares that sum to one; what is dealt out sums to the amount.

    Largest remainder: everybody gets the whole units of their share, what is left goes one by one to the largest
    remainders, of equal ones to whom comes first.
    """
    whole = {name: (amount_minor * share.numerator) // share.denominator for name, share in given.items()}
    left = amount_minor - sum(whole.values()) if given else 0
    by_rest = sorted(given, key=lambda name: whole[name] - amount_minor * given[name])
    return {name: units + (name in by_rest[:left]) for name, units in whole.items()}
