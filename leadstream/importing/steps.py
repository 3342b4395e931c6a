"""The steps of `then:` as functions from text to a value; None is a blank."""

import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal

from leadstream.importing.dates import local_date
from leadstream.importing.expressions import Step
from leadstream.importing.given import Given
from leadstream.importing.grammar import Value
from leadstream.importing.problems import BadValueError, shown
from leadstream.importing.quarters import quarter
from leadstream.salesforce_ids import long_id
from streams.matching.keys import hashed
from streams.matching.people import email_of, phone_of

Change = Callable[[str], Value | None]

_DECIMAL = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")
_EXACT = Context(prec=1000)
_LIMIT = 2**53
_SHORT = 15
"""So many digits are always within the limit."""
_BOOLEANS = dict.fromkeys(("true", "t", "yes", "y", "1"), True)
_BOOLEANS |= dict.fromkeys(("false", "f", "no", "n", "0"), False)


def compile_step(step: Step, given: Given) -> Change:
    """The function of one step. What it returns may be blank; what it cannot take raises BadValueError."""
    if step.word == "date":
        given.dates.asked = True
        return lambda text: local_date(text, given.dates)
    if step.word is not None:
        return _PLAIN[step.word]
    return _with_argument(step, given)


def _with_argument(step: Step, given: Given) -> Change:
    made: Change
    if step.map is not None:
        made = _mapped(step.map, step.unmapped)
    elif step.replace is not None:
        made = _replaced(tuple(step.replace.items()))
    elif step.minor_units is not None:
        made = _minor_units(step.minor_units)
    elif step.blank_if is not None:
        made = _blank_if(frozenset(step.blank_if))
    elif step.before is not None:
        made = _before(step.before)
    elif step.hashed is not None:
        made = _HASHES[step.hashed](given.secret)
    else:
        made = _affixed(step.prefix or "", step.suffix or "")
    return made


def integer(text: str) -> int:
    """A whole number; `1200.0` is one too. Beyond 2^53 it would not survive JSON everywhere and is refused."""
    if text.isdigit() and text.isascii() and len(text) <= _SHORT:
        return int(text)
    return _whole(_decimal(text), text, "a whole number")


def number(text: str) -> int | float:
    """A number: whole where it is written without a fraction, else the nearest double."""
    exact = _decimal(text)
    if text.strip().lstrip("+-").isdecimal():
        return _whole(exact, text, "a number")
    nearest = float(exact)
    if nearest in (float("inf"), float("-inf")):
        raise BadValueError(f"{shown(text)} is too large for a number")
    return nearest


def boolean(text: str) -> bool:
    """True of true, t, yes, y, 1; false of false, f, no, n, 0; capitals do not matter."""
    found = _BOOLEANS.get(text.strip().lower())
    if found is None:
        raise BadValueError(f"{shown(text)} is neither true nor false")
    return found


def _decimal(text: str) -> Decimal:
    stripped = text.strip()
    if not _DECIMAL.fullmatch(stripped):
        raise BadValueError(f"{shown(text)} is not a number")
    return Decimal(stripped)


def _whole(exact: Decimal, text: str, wanted: str) -> int:
    if exact.adjusted() > 16 or exact.copy_abs() > _LIMIT:
        raise BadValueError(f"{shown(text)} is beyond 2^53")
    if exact != exact.to_integral_value():
        raise BadValueError(f"{shown(text)} is not {wanted}")
    return int(exact)


def _minor_units(digits: int) -> Change:
    def change(text: str) -> int:
        return _whole(_decimal(text).scaleb(digits, _EXACT), text, f"an amount with at most {digits} decimals")

    return change


def _mapped(table: Mapping[str, Value], unmapped: str) -> Change:
    known = dict(table)

    def refuse(text: str) -> Value:
        found = known.get(text)
        if found is None:
            raise BadValueError(f"{shown(text)} is not in the map")
        return found

    if unmapped == "refuse":
        return refuse
    if unmapped == "blank":
        return known.get
    return lambda text: known.get(text, text)


def _replaced(pairs: tuple[tuple[str, str], ...]) -> Change:
    def change(text: str) -> str:
        for old, new in pairs:
            text = text.replace(old, new)
        return text

    return change


def _blank_if(words: frozenset[str]) -> Change:
    return lambda text: None if text in words else text


def _before(sign: str) -> Change:
    return lambda text: text.partition(sign)[0].strip()


def _hashed_email(secret: bytes) -> Change:
    """The id a form would give the lead with this address."""

    def change(text: str) -> str:
        address = email_of(text)
        if address is None:
            raise BadValueError(f"{shown(text)} is no e-mail address")
        return hashed("email", address, secret)

    return change


def _hashed_phone(secret: bytes) -> Change:
    def change(text: str) -> str:
        phone = phone_of(text)
        if phone is None:
            raise BadValueError(f"{shown(text)} is no phone number with a country code")
        return hashed("phone", phone, secret)

    return change


def _hashed_text(secret: bytes) -> Change:
    return lambda text: hashed("text", " ".join(text.split()).casefold(), secret)


def _salesforce_id(text: str) -> str:
    found = long_id(text.strip())
    if found is None:
        raise BadValueError(f"{shown(text)} is no id of Salesforce; expected 15 or 18 letters and digits")
    return found


_HASHES: dict[str, Callable[[bytes], Change]] = {
    "email": _hashed_email,
    "phone": _hashed_phone,
    "text": _hashed_text,
}


def _affixed(prefix: str, suffix: str) -> Change:
    return lambda text: f"{prefix}{text}{suffix}"


_PLAIN: dict[str, Change] = {
    "strip": str.strip,
    "lower": str.lower,
    "upper": str.upper,
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "quarter": quarter,
    "salesforce_id": _salesforce_id,
}
