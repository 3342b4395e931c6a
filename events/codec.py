"""Facts to bytes and back: CloudEvents JSON, structured mode written, binary mode read as well.

One library (msgspec) writes all bytes, so equal facts (with the keys of their mappings in the same order) are equal
bytes. Instants are read in any zone and become UTC.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

import msgspec
import orjson

from events.envelope import JSON_TYPE, STRUCTURED_TYPE, Envelope
from events.limits import LimitError, Limits
from events.registry import CATALOGUE, ENVELOPES, envelope_union
from events.sealing import UNSEALED, Sealing, SealingStep
from events.upcasters import UPCASTERS, Upcaster, upcast

Headers = Sequence[tuple[str, bytes | None]]
"""Kafka allows a header without a value."""
_CE = "ce_"
_BOOLEAN = {"true": True, "false": False}


class Undecodable(ValueError):
    """Bytes that are no fact we know.

    Attributes:
        reason: `not_json`, `unknown_type` or `invalid`.
        field: path of the field that is wrong, such as `data.channel`, or `data.profile[...]` for a value in it; empty
            where there is none.
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

    def __init__(self, sealing: Sealing = UNSEALED, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> None:
        self._decode = _decoder().decode
        self._encode = msgspec.json.Encoder().encode
        self._step = _unsealed() if sealing is UNSEALED else SealingStep(sealing, list(ENVELOPES))
        self._settle = _limits().settle
        self._upcasters = upcasters

    def encode(self, envelope: Envelope) -> bytes:
        """The structured-mode JSON of an envelope; equal envelopes give equal bytes."""
        if not self._step.identity:
            sealed = self._step.seal(envelope.subject, envelope.data)
            envelope = msgspec.structs.replace(envelope, data=sealed)
        return self._encode(envelope)

    def decode(self, value: bytes | None, headers: Headers | None = None) -> Envelope:
        """The envelope in a record.

        Raises:
            Undecodable: not JSON, an unknown type, or a field that breaks its rule (named).
        """
        if value is None:
            raise Undecodable("not_json", "a record without a value holds no fact")
        if self._step.identity:
            try:
                envelope = cast("Envelope", self._decode(value))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                envelope = self._slowly(value, headers)
        else:
            envelope = self._slowly(value, headers)
        try:
            return self._settle(envelope)
        except LimitError as exc:
            raise Undecodable("invalid", f"{exc} ({exc.field})", exc.field) from exc

    def _slowly(self, value: bytes, headers: Headers | None) -> Envelope:
        """Binary mode, old versions, sealed values and broken records: what the one-pass decoder cannot take."""
        found = _binary_mode(value, headers) or _structured(value)
        # To CloudEvents an attribute that is null is an absent one.
        fields = {name: item for name, item in found.items() if item is not None or name == "data"}
        fields["type"] = wire_type = self._upcast(fields)
        fact = CATALOGUE.get(wire_type)
        if fact is None:
            raise Undecodable("unknown_type", f"unknown type {wire_type[:100]!r}", "type")
        if _media_type(fields.get("datacontenttype")) == JSON_TYPE:
            fields["datacontenttype"] = JSON_TYPE
        subject = fields.get("subject")
        if not self._step.identity and isinstance(subject, str):
            try:
                fields["data"] = self._step.open(subject, fact, fields.get("data"))
            except ValueError as exc:
                raise Undecodable("invalid", f"a sealed value cannot be opened: {exc} (data)", "data") from exc
        try:
            return msgspec.convert(fields, ENVELOPES[fact])
        except (msgspec.ValidationError, RecursionError) as exc:
            message, field = _located(exc)
            raise Undecodable("invalid", message, field) from exc

    def _upcast(self, fields: dict[str, Any]) -> str:
        """The current wire type; puts its data into the fields."""
        wire_type = fields.get("type")
        if not isinstance(wire_type, str):
            problem = "Expected `str`" if "type" in fields else "Object missing required field `type`"
            raise Undecodable("invalid", f"{problem} (type)", "type")
        if wire_type not in self._upcasters:
            return wire_type
        if not isinstance(fields.get("data"), dict):
            raise Undecodable("invalid", f"Expected `object` in a {wire_type} (data)", "data")
        try:
            wire_type, fields["data"] = upcast(wire_type, fields["data"], self._upcasters)
        except Exception as exc:  # whatever a step trips over: a record must not stop the worker
            message = f"a {wire_type} that cannot be read as its next version: {exc!r} (data)"
            raise Undecodable("invalid", message, "data") from exc
        return wire_type


# What follows from the catalogue alone is made once: it takes longer than reading a thousand facts.


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(envelope_union())


@cache
def _limits() -> Limits:
    return Limits(list(ENVELOPES))


@cache
def _unsealed() -> SealingStep:
    return SealingStep(UNSEALED, list(ENVELOPES))


def _structured(value: bytes) -> dict[str, Any]:
    fields = _json(value, "")
    if not isinstance(fields, dict):
        raise Undecodable("invalid", f"Expected `object`, got `{type(fields).__name__}`")
    return fields


def _binary_mode(value: bytes, headers: Headers | None) -> dict[str, Any] | None:
    """Attributes from `ce_*` headers and data from the value, where the record is in binary mode."""
    fields: dict[str, Any] = {}
    for name, raw in headers or ():
        lowered = name.lower()
        if lowered == "content-type" and (raw or b"").lower().startswith(STRUCTURED_TYPE.encode()):
            return None
        if lowered.startswith(_CE) and raw is not None:
            attribute = lowered.removeprefix(_CE)
            try:
                fields[attribute] = raw.decode()
            except UnicodeDecodeError as exc:
                raise Undecodable("invalid", f"a header that is not UTF-8 ({attribute})", attribute) from exc
    if "specversion" not in fields:
        return None
    fields["data"] = _json(value, "data")
    if "late" in fields:
        fields["late"] = _BOOLEAN.get(fields["late"], fields["late"])
    return fields


def _json(value: bytes, field: str) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as exc:
        raise Undecodable("not_json", f"not JSON: {exc}", field) from exc


def _media_type(text: Any) -> str:
    """`application/json` of `Application/JSON; charset=utf-8`."""
    return text.partition(";")[0].strip().lower() if isinstance(text, str) else ""


def _located(exc: Exception) -> tuple[str, str]:
    """Split msgspec's `message - at `$.data.channel`` into message and field.

    From the right: the message may quote what the sender wrote.
    """
    text, _, path = str(exc).rpartition(" - at `")
    if not text:
        text, path = path, ""
    field = path.rpartition("`$")[2].rstrip("`").removeprefix("$").lstrip(".")
    missing = text.removeprefix("Object missing required field `")
    if missing != text:
        field = f"{field}.{missing}" if field else missing
        field = field.rstrip("`")
    return f"{text} ({field})" if field else text, field
