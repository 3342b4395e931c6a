"""Company names as people write them, made comparable. Enough until a lead is matched to an account."""

import re
import unicodedata


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


_FORMS = tuple(
    f" {_plain(form)}"
    for form in [
        "股份有限公司", "有限公司", "株式会社", "จำกัด", "จำกัด มหาชน", "sp z oo", "spol s ro",
        "ab", "ag", "aps", "as", "asa", "bv", "co", "company", "corp", "corporation", "ek", "gmbh", "gmbh & co kg",
        "inc", "incorporated", "kft", "kg", "limited", "llc", "llp", "ltd", "ltda", "nv", "oy", "oyj", "plc", "pte",
        "pty", "pvt", "sa", "sarl", "sas", "se", "sl", "spa", "srl", "sro", "ug", "zrt",
    ]
)  # fmt: skip
"""Legal forms at the end of a name, without dots: `S.R.L.` comes out as `srl`."""
_BEFORE = tuple(f"{_plain(form)} " for form in ("บริษัท", "株式会社"))
_GLUED = re.compile(_plain("(股份有限公司|有限公司|株式会社|จำกัด)$|^(บริษัท|株式会社)"))
_INITIALS = re.compile(r"\b\w(?:\.\w)+\b\.?")


def company_key(name: str) -> str:
    """The name in small letters, without legal form, punctuation and needless space; empty where nothing is left."""
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), _plain(name)).strip()
    text = _GLUED.sub(lambda found: f" {found[0]} ", text)
    text = " ".join("".join(letter if _kept(letter) else " " for letter in text).split())
    while True:
        form = next((form for form in _FORMS if text.endswith(form)), "")
        front = next((form for form in _BEFORE if text.startswith(form)), "")
        if not form and not front:
            return text
        text = text.removesuffix(form).removeprefix(front).strip()


def _kept(letter: str) -> bool:
    return letter.isalnum() or letter in "&+" or unicodedata.category(letter).startswith("M")
