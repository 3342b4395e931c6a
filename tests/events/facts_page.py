"""Writes docs/facts.md from the catalogue: what stands there is what the code takes."""

import json

from events.codec import Codec
from events.described import Field, envelope_fields, origin, parts_of
from events.envelope import Envelope
from events.registry import CATALOGUE
from events.schema import summary
from tests.events.examples import EXAMPLES

INTRODUCTION = """\
# Facts

<!-- Written from the code by tests/events/test_facts_page.py; `make golden` rewrites it. -->

A fact is one thing that happened. It travels as a [CloudEvents 1.0](https://cloudevents.io) record: an envelope that
says who tells it, about whom and when, and the fact itself in `data`. The record key is the subject.

* **Written** is structured mode: one JSON object, envelope and `data` together. **Read** is binary mode as well: the
  envelope's attributes in Kafka headers `ce_id`, `ce_type`, ..., the value holds `data`. A `content-type` header that
  begins with `application/cloudevents+json` means structured mode.
* The wire type ends in the major version. A new optional field or a wider type keeps the version; anything that would
  break old records gets the next version and an upcaster ([contract.md](contract.md)). The JSON Schemas stand in
  [`events/schemas`](../events/schemas).
* Fields and attributes that are not named here are ignored; `leadstream publish` and the gateway (`ignored`) name such
  fields of `data`. An optional attribute may be absent or null. An optional field of `data` may be
  absent; null is taken only where it says so. A field at its default is left out on the wire.
* **Instants** are RFC 3339 texts with a zone, from 1970 to 9998. They are read to the nearest microsecond and written
  in UTC. **Days** are dates without a zone, `2026-03-31`, of the same years. **Durations** are whole microseconds
  (`..._us`). **Amounts** are whole minor units of their currency.
* **Numbers** lie between -2^53 and 2^53. A whole number has no decimal point (`3.0` is not one).
* **Lengths** count characters, not bytes. A record for an inbox has at most 900,000 bytes, and one
  about a lead at most 290,000: a lead has room for no more.
* **Personal** fields name a person; in a profile those are the keys that begin with `person.`. With keys switched on
  they are sealed on the wire; limits hold for the value, and a sealed form may be longer.
* Free **documents** are JSON objects of at most 64 levels.
* A record that breaks a rule becomes a dead letter with the reason `not_json`, `unknown_type` or `invalid` and the
  name of the field, such as `data.channel`; `data.profile[...]` is a value in the profile.

A fact marked *upstream* may be sent to the inbox of what it is about: `lead-inbox`, `account-inbox`, `pool-inbox`,
`opportunity-inbox` or `council-inbox`. A *command* goes to `lead-inbox` or `agreement-inbox`. All others are made by
leadstream and not taken from outside.
"""


def page() -> str:
    """The whole page, Markdown."""
    parts = [INTRODUCTION, "## Facts at a glance\n", _glance(), "## The envelope\n", _envelope()]
    parts += [_section(wire_type) for wire_type in CATALOGUE]
    return "\n".join(parts).rstrip() + "\n"


def _mark(text: str) -> str:
    return f"`{text}`"


def _glance() -> str:
    rows = [f"| [`{name}`](#{_anchor(name)}) | {origin(name)} | {summary(CATALOGUE[name])} |" for name in CATALOGUE]
    return "\n".join(["| wire type | from | what happened |", "|---|---|---|", *rows, ""])


def _anchor(wire_type: str) -> str:
    """The anchor GitHub gives to the heading of a wire type."""
    return wire_type.replace(".", "")


def _envelope() -> str:
    rows = ["| `type` | text | yes | the wire type. |", *_rows(envelope_fields(_mark))]
    return f"{summary(Envelope).partition('. ')[0]}.\n\n{_table(rows)}"


def _section(wire_type: str) -> str:
    first, *nested = parts_of(wire_type, _mark)
    parts = [
        f"## `{wire_type}`\n",
        f"*{origin(wire_type).capitalize()}.* {first.meaning}\n",
        _table(_rows(first.fields)),
    ]
    parts += [f"Each `{part.name}`: {part.meaning}\n\n{_table(_rows(part.fields))}" for part in nested]
    example = json.dumps(json.loads(Codec().encode(EXAMPLES[wire_type])), indent=2, ensure_ascii=False)
    parts.append(f"```json\n{example}\n```\n")
    return "\n".join(parts)


def _table(rows: list[str]) -> str:
    return "\n".join(["| field | type | required, else default | meaning |", "|---|---|---|---|", *rows, ""])


def _rows(fields: list[Field]) -> list[str]:
    return [f"| `{field.name}` | {field.type} | {field.needed} | {field.meaning} |" for field in fields]
