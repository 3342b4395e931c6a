"""Imports that began before: what each left in the log about itself, and which of them brought a file already."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from engine.ports import EventLog
from engine.reading import records_of
from events.topics import LEAD_INBOX
from streams.agents.lead_task import IMPORT_NOTE

START_KEY: Final = IMPORT_NOTE
"""Key of the record that says that an import began, the digest behind it; tasks skip it."""


class Brought(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of an import.

    Attributes:
        role: its role in the mapping.
        name: its name, without the folder.
        content: sha256 of its bytes, hexadecimal.
        rows: how many of its rows became facts.
    """

    role: str
    name: str
    content: str
    rows: int = 0


class Start(msgspec.Struct, frozen=True, omit_defaults=True):
    """That an import began.

    Attributes:
        digest: of mapping and files.
        first: when the first fact happened, ISO 8601.
        as_happened: record time is when each fact happened, and not when it came.
        mapping: the mapping's name.
        files: what was imported; records of earlier versions do not say.
    """

    digest: str
    first: str
    as_happened: bool = True
    mapping: str = ""
    files: tuple[Brought, ...] = ()


class Earlier(NamedTuple):
    """An import that began, and when the log took that, microseconds."""

    at: int
    start: Start


class Again(NamedTuple):
    """A file that was imported before.

    Attributes:
        file: its name now.
        at: when it was imported last, microseconds.
        before: what it was then.
        mapping: the name of the mapping then.
        same: its facts have the same ids as then: it was the same part of a mapping of the same name.
    """

    file: str
    at: int
    before: Brought
    mapping: str
    same: bool


encode_start = msgspec.json.Encoder(order="sorted").encode
decode_start = msgspec.json.Decoder(Start).decode


async def imports_before(log: EventLog) -> list[Earlier]:
    """The imports that the log knows to have begun, in order; it forgets them with the records of its inbox."""
    found = []
    async for record in records_of(log, LEAD_INBOX, 0):
        if record.key is not None and record.key.startswith(START_KEY):
            with suppress(msgspec.DecodeError):  # of a later version; what began is then not known here
                found.append(Earlier(record.timestamp, decode_start(record.value or b"")))
    return found


def brought_again(earlier: Iterable[Earlier], mapping: str, files: Mapping[str, tuple[str, str]]) -> Sequence[Again]:
    """Those of some files that were imported before, each with its last import: under the same ids where there is one.

    Args:
        earlier: imports in order.
        mapping: the mapping's name.
        files: role -> the file's name and the sha256 of its bytes.
    """
    found: dict[str, Again] = {}
    for at, start in earlier:
        for before in start.files:
            for role, (name, content) in files.items():
                if content == before.content:
                    same = (start.mapping, before.role) == (mapping, role)
                    if same or role not in found or not found[role].same:
                        found[role] = Again(name, at, before, start.mapping, same)
    return [found[role] for role in files if role in found]
