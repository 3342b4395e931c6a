"""Lead gen forms of LinkedIn: the notification, which only announces a lead, and the challenge before it."""

import re

import msgspec

from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, erasure
from leadstream.connectors.port import Raw, Refusal, Reply, Trust
from leadstream.connectors.reading import Doc, json_doc
from leadstream.connectors.signatures import hexed, mac, signed
from leadstream.connectors.telling import Telling
from leadstream.connectors.tracking import split

NAME = "linkedin"
RESPONSE = "lead_form_response"
_PREFIX = "hmacsha256="
_CODE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _items(raw: Raw) -> list[Doc]:
    return [json_doc(raw)]


def _key(item: Doc, _raw: Raw) -> Key:
    return (item.text("leadGenFormResponse"), item.text("leadAction"), item.text("occurredAt"))


def _tell(item: Doc, telling: Telling) -> None:
    if item.text("type") != "LEAD_ACTION":
        raise Bad("unknown_type", "type", "expected LEAD_ACTION")
    response = item.need("leadGenFormResponse")
    match item.text("leadAction"):
        case "CREATED":
            telling.want(RESPONSE, response.rpartition(":")[2])
        case "DELETED":
            raise erasure("LinkedIn reports that a lead was deleted")
        case _:
            raise Bad("unknown_type", "leadAction", "expected CREATED or DELETED")


def verify(raw: Raw, trust: Trust, _now: int) -> Refusal | None:
    """Over the body with a prefix, as the documentation has it, or without, as some senders have it."""
    return signed(
        raw.header("x-li-signature").removeprefix(_PREFIX),
        trust,
        lambda secret: (hexed(mac(secret, _PREFIX.encode() + raw.body)), hexed(mac(secret, raw.body))),
    )


def challenge(raw: Raw, trust: Trust) -> Reply | None:
    """Proves that we know the secret. Only a UUID is answered: any other text might be a message to be signed."""
    if raw.method != "GET" or not trust.secrets:
        return None
    code = next((value for name, value in split(f"?{raw.query}")[1] if name == "challengeCode"), "")
    if not _CODE.fullmatch(code):
        return None
    answer = hexed(mac(trust.secrets[0].encode(), code.encode()))
    return Reply(body=msgspec.json.encode({"challengeCode": code, "challengeResponse": answer}))


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify, challenge=challenge, seconds=3.0)
"""Notifications of LinkedIn."""
