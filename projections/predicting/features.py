"""What of a lead's facts is a feature: few values, none of them personal, none of them a name."""

STAGE, SOURCE, CAMPAIGN, FORM, CHANNEL = "stage", "source", "campaign", "form", "channel"
CAPTURED = "captured"
"""The stage of a lead without a status."""

_ROOMS = ("company.", "answers.")
_NAMES = frozenset(
    f"company.{field}"
    for field in (
        "account", "address", "description", "domain", "email", "fax", "id", "iban", "legal_name", "linkedin", "name",
        "phone", "postcode", "registration", "street", "tax_id", "url", "vat", "website", "zip",
    )
)  # fmt: skip
_LONGEST = 60
"""Longer texts are prose, and prose is no value that others share."""


def feature(field: str, value: object) -> str | None:
    """A profile value as a feature; None where it is none.

    Numbers count by their power of two, such as `64-127`: 100 and 110 employees are one kind of company.
    """
    if not field.startswith(_ROOMS) or field in _NAMES:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _band(int(value))
    text = " ".join(str(value).split()).casefold()
    return text if 0 < len(text) <= _LONGEST else None


def _band(number: int) -> str:
    if number < 1:
        return "0" if number == 0 else "below 0"
    low = 1 << (number.bit_length() - 1)
    return "1" if low == 1 else f"{low}-{2 * low - 1}"
