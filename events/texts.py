"""Texts in a form in which case, accents of letters, width and signs make no difference."""

import re
from collections.abc import Iterator
from itertools import groupby
from unicodedata import category, normalize

_ACCENTS = range(0x300, 0x370)
"""Combining marks of Latin, Greek and Cyrillic letters; those of other scripts are letters of their own."""
_ABBREVIATING = "./"
_ASCII_RUN = re.compile(r"[A-Za-z0-9./]+")


def folded(text: str) -> str:
    """The text without case, width and accents."""
    if text.isascii():  # most texts are, and then there is nothing to take apart
        return text.lower()
    bare = "".join(sign for sign in normalize("NFKD", text.casefold()) if ord(sign) not in _ACCENTS)
    return normalize("NFKC", bare)


def words(text: str) -> list[str]:
    """The words of a folded text. Letters with a dot or stroke between them are one: `s.r.l.` is `srl`."""
    found: list[str] = []
    for word in _ASCII_RUN.findall(text) if text.isascii() else _runs(text):
        pieces = [piece for piece in word.replace("/", ".").split(".") if piece]
        if all(len(piece) == 1 for piece in pieces):
            found.append("".join(pieces))
        else:
            found += pieces
    return [word for word in found if word]


def _runs(text: str) -> Iterator[str]:
    """What is written without a space: letters, digits, marks, and what abbreviates."""
    for inside, run in groupby(text, key=lambda sign: category(sign)[0] in "LNM" or sign in _ABBREVIATING):
        if inside:
            yield "".join(run)
