"""The CloudEvents 1.0 envelope around a fact: who says it, about whom, when, and what made it happen."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from events.fact import Fact, Identifier, Instant

_SUBJECT_LETTERS = 256
Subject = Annotated[str, Meta(min_length=1, max_length=_SUBJECT_LETTERS)]


def is_subject(name: str) -> bool:
    """Whether a name can be the subject of a log; what begins with a zero character tasks keep for themselves."""
    return 1 <= len(name) <= _SUBJECT_LETTERS and name[0] != "\0"


JSON_TYPE = "application/json"
STRUCTURED_TYPE = "application/cloudevents+json"


class Envelope(Struct, frozen=True, gc=False, kw_only=True, tag_field="type"):
    """Identity, subject, times and cause of one fact. The wire type (`lead.touched.v1`) is the struct's tag.

    Each registered fact type has a subclass of its own (see `events.registry`), so one pass over the bytes
    decodes and checks envelope and fact together.

    The optional attributes are absent (UNSET) rather than null, as CloudEvents wants it.

    Attributes:
        id: unique within `source`; a second (source, id) is a duplicate.
        source: who says so, a URI reference such as `/forms/contact`; `/leadstream` for derived facts.
        subject: the lead id (or agreement name); also the record key.
        time: when it happened, as the source says.
        data: the fact.
        specversion: version of CloudEvents.
        datacontenttype: media type of `data`; parameters such as a charset are allowed when read.
        recordedat: when it became known: never decreases along one subject. Only in canonical logs.
        sequence: position in the subject's history, ten digits. Only in canonical logs.
        causationid: id of the fact that made this one.
        late: it came too late to change a verdict.
    """

    id: Identifier
    source: Identifier
    subject: Subject
    time: Instant
    data: Fact
    specversion: Literal["1.0"] = "1.0"
    datacontenttype: Literal["application/json"] = "application/json"
    recordedat: Instant | UnsetType = UNSET
    sequence: Annotated[str, Meta(max_length=32)] | UnsetType = UNSET
    causationid: Identifier | UnsetType = UNSET
    late: bool | UnsetType = UNSET
