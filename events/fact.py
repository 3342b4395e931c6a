"""The base of every fact, and the scalar types facts are made of."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

PERSONAL = {"personal": True}
"""Mark of a field that names a person; the codec's sealing step acts on it (see `events.sealing`)."""

Identifier = Annotated[str, Meta(min_length=1, max_length=512)]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
Text = Annotated[str, Meta(max_length=4096)]
Title = Annotated[str, Meta(min_length=1, max_length=4096)]
PersonalText = Annotated[str, Meta(max_length=4096, extra=PERSONAL)]
Instant = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", max_length=3)]  # to Python, `$` also stands before a last newline
Number = Annotated[float, Meta(ge=-(2.0**53), le=2.0**53)]
Scalar = Text | Whole | bool | Number
PROFILE_FIELDS = 500
"""Fields that one fact tells at most."""
Profile = Annotated[dict[Name, Scalar], Meta(max_length=PROFILE_FIELDS, extra=PERSONAL)]
"""Flat, dotted keys: `person.email`, `company.employees`, `answers.budget`. Keys below `person.` are personal."""
Document = dict[str, Any]


class Fact(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One thing that happened. Subclasses carry only what happened; when and to whom stands in the envelope."""
