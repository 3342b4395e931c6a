"""What a company is known by: its name without legal forms, its domain, its postcode."""

# ruff: noqa: RUF001 - names are written in all alphabets

from collections.abc import Iterable

from streams.matching.people import domain_of
from streams.matching.texts import folded, words

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

SHORTEST_NEAR = 4
"""Names of fewer characters are near to nothing but themselves."""
NEAR = 85
"""Percent of the longer name's characters that must stand, for two names to be near."""
_MOST = 128


def company_name_of(text: object) -> str | None:
    """The name without case, accents, signs and legal forms; None where nothing is left.

    A name that is nothing but a legal form is that name.
    """
    if not isinstance(text, str):
        return None
    whole = folded(text).strip()
    found = words(_bare(whole)) or words(whole)
    return " ".join(_without_forms(found)) or None


def company_domain_of(texts: Iterable[object], free_mail: frozenset[str]) -> str | None:
    """The first domain among addresses, hosts and web addresses that is not one of free mail."""
    for text in texts:
        if isinstance(text, str):
            host = text.strip().lower().rpartition("@")[2].rpartition("://")[2].partition("/")[0].partition(":")[0]
            domain = domain_of(host.removeprefix("www."))
            if domain is not None and domain not in free_mail:
                return domain
    return None


def postcode_of(text: object, country: object) -> str | None:
    """A postcode with its country, without spaces and signs; None where one of them is missing."""
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or not isinstance(country, str):
        return None
    code, land = "".join(words(folded(text))), "".join(words(folded(country)))
    return f"{land} {code}" if code and land else None


def near(one: str, other: str) -> bool:
    """Whether two normalised names are so alike that one more sign of the same company settles it.

    Measured is the optimal string alignment distance: characters put in, left out, taken for others, and neighbours
    changed about, of the names as they are and of their words in order, whichever is nearer. At least `NEAR` percent
    of the longer name have to stand. A name inside another one counts for nothing.
    """
    if one == other:
        return True
    if min(len(one), len(other)) < SHORTEST_NEAR:
        return False
    return _alike(one, other) or _alike(*(" ".join(sorted(name.split())) for name in (one, other)))


def _alike(one: str, other: str) -> bool:
    one, other = one[:_MOST], other[:_MOST]
    longest = max(len(one), len(other))
    allowed = longest * (100 - NEAR) // 100
    return abs(len(one) - len(other)) <= allowed and _distance(one, other) <= allowed


def _distance(one: str, other: str) -> int:
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, sign in enumerate(one, 1):
        now = [row]
        for column, across in enumerate(other, 1):
            least = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (sign != across))
            if row > 1 and column > 1 and sign == other[column - 2] and one[row - 2] == across:
                least = min(least, before[column - 2] + 1)
            now.append(least)
        before, last = last, now
    return last[-1]


def _bare(name: str) -> str:
    """Without the forms of scripts that write no spaces; each cut makes the name shorter."""
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
