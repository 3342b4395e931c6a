"""Ids of derived facts, and short marks of accepted ones.

The same cause always gives the same id (UUID version 5, RFC 9562).
"""

from hashlib import blake2b, sha1

NAMESPACE = bytes.fromhex("9f1ce1f4b3a4566f8d0ce0a9d0a1c7e2")
"""The namespace of all ids made here; changing it changes every derived id."""

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def derived_id(*parts: str) -> str:
    """The UUIDv5 of the parts, joined by the unit separator (U+001F).

    The same bytes as `uuid.uuid5`, at a quarter of its price.

    A sender may write the separator into a subject, source or id of its own, and so make two of its own facts join to
    one text. It reaches no one else: for one kind of id the number of parts is fixed, so a name that holds the
    separator joins to a text with more of them than any name without; and who may write to the inbox may use one id
    twice anyway.
    """
    digest = sha1(NAMESPACE + "\x1f".join(parts).encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{_VARIANT[digest[16]]}{digest[17:20]}-{digest[20:32]}"


def fingerprint(source: str, fact_id: str, secret: bytes = b"") -> int:
    """A short keyed hash of (source, id): 63 bits, so that it fits a signed integer everywhere."""
    named = f"{len(source)}:{source}{fact_id}"  # with its length in front, no source can be taken for a longer one
    digest = blake2b(named.encode(), digest_size=8, key=secret).digest()
    return int.from_bytes(digest, "big") >> 1
