"""The name of a company, comparable however it is written: without case, accents, signs and legal forms."""

# ruff: noqa: RUF001 - names are written in all alphabets

from events.texts import folded, words

LEGAL_FORMS = frozenset(
    tuple(form.split())
    for form in (
        "ab", "ag", "ao", "aps", "as", "asa", "bhd", "bv", "bvba", "co", "co ltd", "company", "corp", "corporation",
        "doo", "dd", "eirl", "ev", "eood", "ead", "ood", "ad", "gbr", "gmbh", "gmbh co kg", "gmbh and co kg", "ek",
        "inc", "incorporated", "jsc", "kft", "kg", "kgaa", "lda", "limited", "llc", "llp", "lp", "ltd", "ltda",
        "mbh", "nv", "nyrt", "zrt", "ohg", "ooo", "oao", "pao", "zao", "oy", "oyj", "ou", "plc", "pfa", "pjsc",
        "pty", "pty ltd", "pte", "pte ltd", "pvt", "pvt ltd", "private limited", "ra", "sa", "sab", "sab de cv",
        "sa de cv", "sapi de cv", "s de rl de cv", "sarl", "sas", "sasu", "sc", "sca", "scs", "se", "sia", "sl", "slu",
        "snc", "spa", "sp j", "sp k", "sp zoo", "sp z oo", "srl", "srls", "sro", "sdn bhd",
        "tov", "ug", "uab", "vof", "yk", "kk", "тов", "ооо", "оао", "пао", "зао", "ао", "ип", "εε", "αε", "επε", "ικε",
    )
)  # fmt: skip
"""Legal forms as words, folded; they stand at the end of a name, some at its beginning."""
_BEFORE = frozenset({("sc",), ("ooo",), ("oao",), ("pao",), ("zao",), ("tov",), ("pt",), ("ооо",), ("оао",), ("пао",),
                     ("зао",), ("тов",), ("ао",), ("ип",), ("uab",), ("sia",)})  # fmt: skip
"""Forms that are written before the name."""
_UNSPACED = ("股份有限公司", "有限责任公司", "有限責任公司", "有限公司", "株式会社", "有限会社", "合同会社", "(株)",
             "주식회사", "유한회사", "บริษัท", "ห้างหุ้นส่วนจํากัด", "(มหาชน)", "จํากัด")  # fmt: skip
"""Forms of scripts without spaces, folded, the longer before what they end with; at either end of a name."""
_LONGEST = max(map(len, LEGAL_FORMS))
NAME_LENGTH = 512
"""Characters of a folded name that count: one letter may fold to eighteen, and a fact has to hold the name."""


def company_name_of(text: object) -> str | None:
    """The name without case, accents, signs and legal forms; None where nothing is left.

    A name that is nothing but a legal form is that name. It has `NAME_LENGTH` characters at most.
    """
    if not isinstance(text, str):
        return None
    whole = folded(text).strip()[:NAME_LENGTH].strip()
    found = words(_bare(whole)) or words(whole)
    return " ".join(_without_forms(found)) or None


def _bare(name: str) -> str:
    """Without the forms of scripts that write no spaces; each cut makes the name shorter."""
    if name.isascii():  # none of these forms is
        return name
    for form in _UNSPACED:
        for cut in (str.removesuffix, str.removeprefix):
            rest = cut(name, form).strip()
            if rest and rest != name:
                return _bare(rest)
    return name


def _without_forms(found: list[str]) -> list[str]:
    again = True
    while again:
        again = False
        for length in range(min(_LONGEST, len(found) - 1), 0, -1):
            if tuple(found[-length:]) in LEGAL_FORMS:
                found, again = found[:-length], True
                break
            if tuple(found[:length]) in _BEFORE:
                found, again = found[length:], True
                break
    return found
