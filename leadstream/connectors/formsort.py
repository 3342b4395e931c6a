"""Flows of Formsort. Answers come while somebody is still answering; only a finished flow is a lead."""

from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Skip
from leadstream.connectors.landing_pages import profile_of
from leadstream.connectors.moments import iso
from leadstream.connectors.people import Who
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, json_doc
from leadstream.connectors.signatures import shared_key
from leadstream.connectors.telling import Telling
from leadstream.connectors.tracking import PARAMETERS, landing_of

NAME = "formsort"


def _items(raw: Raw) -> list[Doc]:
    return [json_doc(raw)]


def _key(item: Doc, _raw: Raw) -> Key:
    return (item.text("responder_uuid"), item.text("variant_uuid"), item.text("finalized"), item.text("created_at"))


def _tell(item: Doc, telling: Telling) -> None:
    if not item.flag("finalized"):
        raise Skip("a flow that is not finished")
    at = iso(item, "created_at", raw=telling.raw, zone="UTC")
    answers = item.doc("answers")
    profile = profile_of(answers, telling, PARAMETERS)
    way = landing_of([(name, answers.text(name)) for name in sorted(PARAMETERS)])
    who = Who(system=NAME, own=item.need("responder_uuid"), email=profile.text("person.email"))
    subject, flow = who.subject(telling.given), item.text("flow_label")
    telling.capture(subject, profile, at, source=way.source or way.network or NAME, campaign=way.campaign, form=flow)
    telling.touch(
        subject, at,
        channel="landing_page", kind="submitted", campaign=way.campaign,
        asset="/".join(part for part in (flow, item.text("variant_label")) if part), click_id=way.click_id,
    )  # fmt: skip
    telling.links(who, subject, at)


CONNECTOR = connector(NAME, _items, _key, _tell, verify=shared_key)
"""Formsort."""
