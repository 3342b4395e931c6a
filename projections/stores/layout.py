"""Which versions of the views a store was made for, and what has to be made anew where they are others."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from events.topics import AGREEMENTS
from projections.catalogue import VIEWS
from projections.stores.answers import ANSWERS
from projections.stores.schema import OF_AGREEMENTS, base_table

_ANSWERS, _AGREEMENTS = "answers", "agreements"
_FIRST, _TABLES_OF_AGREEMENTS = "1", "5"
"""Versions of the tables that are filled from the agreements; stores that name none have the first."""
PARTS: Mapping[str, str] = {
    **{view.name: str(view.version) for view in VIEWS},
    _AGREEMENTS: _TABLES_OF_AGREEMENTS,
    _ANSWERS: hashlib.sha256("\n".join(map(repr, ANSWERS)).encode()).hexdigest(),
}
"""Part -> version, as this program has them: what the table `layout` holds."""


class Outdated(NamedTuple):
    """What a store holds of other versions.

    Attributes:
        tables: names of the tables to drop.
        topics: topics whose positions are to be forgotten.
    """

    tables: list[str]
    topics: list[str]


def outdated(known: Mapping[str, str]) -> Outdated:
    """What was made for other versions, given what the table `layout` holds."""
    changed = [view for view in VIEWS if known.get(view.name, str(view.version)) != str(view.version)]
    tables, topics = [base_table(view).name for view in changed], [view.topic for view in changed]
    if known.get(_AGREEMENTS, _FIRST) != _TABLES_OF_AGREEMENTS:
        tables += [table.name for table in OF_AGREEMENTS]
        topics.append(AGREEMENTS)
    return Outdated(tables, topics)
