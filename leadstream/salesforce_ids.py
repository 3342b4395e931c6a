"""Ids of Salesforce: of 15 characters in reports, of 18 everywhere else."""

_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def long_id(text: str) -> str | None:
    """An id of 18 characters, which survives a change of case, of one of 15, which does not; None where it is no id.

    Each character at the end says which of five letters are capitals, the first one as the lowest bit.
    """
    if len(text) not in (15, 18) or not (text.isascii() and text.isalnum()):
        return None
    if len(text) == 18:
        return text
    parts = (text[start : start + 5] for start in (0, 5, 10))
    return text + "".join(_SUFFIX[sum(1 << bit for bit, sign in enumerate(part) if sign.isupper())] for part in parts)
