"""Facts to bytes and back: CloudEvents JSON, structured mode written, binary mode read as well.

One library (msgspec) writes all bytes, so equal facts are equal bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
import orjson

from events.envelope import Envelope
from events.fact import Fact
from events.registry import CATALOGUE, ENVELOPES, envelope_union
from events.sealing import UNSEALED, Sealing, SealingStep
from events.upcasters import Upcaster, upcast

Headers = Sequence[tuple[str, bytes]]
_CE = "ce_"


class Undecodable(ValueError):
    """Bytes that are no fact we know.

    Attributes:
        reason: `not_json`, `unknown_type` or `invalid`.
        field: path of the field that is wrong, such as `data.channel`; empty where there is none.
    """

    def __init__(self, reason: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field


class Codec:
    """Decodes and encodes envelopes.

    Args:
        sealing: what is done to personal values; the identity unless keys are switched on.
        upcasters: chain of old wire types; the registered one unless a test gives its own.
    """

    def __init__(self, sealing: Sealing = UNSEALED, upcasters: Mapping[str, Upcaster] | None = None) -> None:
        self._decode = msgspec.json.Decoder(envelope_union()).decode
        self._encode = msgspec.json.Encoder().encode
        self._step = SealingStep(sealing, list(ENVELOPES))
        self._upcasters = upcasters

    def encode(self, envelope: Envelope) -> bytes:
        """The structured-mode JSON of an envelope; equal envelopes give equal bytes."""
        if not self._step.identity:
            envelope = self._swap(envelope, self._step.seal(envelope.subject, envelope.data))
        return self._encode(envelope)

    def decode(self, value: bytes | None, headers: Headers | None = None) -> Envelope:
        """The envelope in a record.

        Raises:
            Undecodable: not JSON, an unknown type, or a field that breaks its rule (named).
        """
        if value is None:
            raise Undecodable("not_json", "a record without a value holds no fact")
        try:
            envelope = cast("Envelope", self._decode(value))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            envelope = self._decode_slowly(value, headers, exc)
        if not self._step.identity:
            envelope = self._swap(envelope, self._step.open(envelope.subject, envelope.data))
        return envelope

    @staticmethod
    def _swap(envelope: Envelope, fact: Fact) -> Envelope:
        return msgspec.structs.replace(envelope, data=fact)

    def _decode_slowly(self, value: bytes, headers: Headers | None, first: Exception) -> Envelope:
        """Binary mode, old versions and broken records: everything the one-pass decoder refused."""
        fields = _binary_mode(value, headers) or _structured(value, first)
        wire_type = fields.get("type")
        if not isinstance(wire_type, str):
            raise Undecodable("invalid", "Object missing required field `type`", "type")
        data = fields.get("data")
        if isinstance(data, dict):
            wire_type, fields["data"] = upcast(wire_type, data, self._upcasters)
        fact = CATALOGUE.get(wire_type)
        if fact is None:
            raise Undecodable("unknown_type", f"unknown type {wire_type!r}", "type")
        fields["type"] = wire_type
        try:
            return msgspec.convert(fields, ENVELOPES[fact])
        except (msgspec.ValidationError, RecursionError) as exc:
            message, field = _located(exc)
            raise Undecodable("invalid", message, field) from exc


def _structured(value: bytes, first: Exception) -> dict[str, Any]:
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError as exc:
        raise Undecodable("not_json", f"not JSON: {exc}") from first
    if not isinstance(fields, dict):
        raise Undecodable("invalid", f"Expected `object`, got `{type(fields).__name__}`")
    return fields


def _binary_mode(value: bytes, headers: Headers | None) -> dict[str, Any] | None:
    """Attributes from `ce_*` headers and data from the value, where the record is in binary mode."""
    try:
        found = {name[len(_CE) :].lower(): raw.decode() for name, raw in headers or () if name.lower().startswith(_CE)}
    except UnicodeDecodeError as exc:
        raise Undecodable("invalid", f"a ce_ header is not UTF-8: {exc}") from exc
    if "specversion" not in found:
        return None
    fields: dict[str, Any] = dict(found)
    try:
        fields["data"] = orjson.loads(value)
    except orjson.JSONDecodeError as exc:
        raise Undecodable("not_json", f"not JSON: {exc}", "data") from exc
    if "late" in fields:
        fields["late"] = fields["late"] == "true"
    return fields


def _located(exc: Exception) -> tuple[str, str]:
    """Split msgspec's `message - at `$.data.channel`` into message and field."""
    text, _, path = str(exc).partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    missing = text.partition("missing required field `")[2].rstrip("`")
    if missing:
        field = f"{field}.{missing}" if field else missing
    return f"{text} ({field})" if field else text, field
