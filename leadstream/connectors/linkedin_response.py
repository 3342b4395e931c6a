"""A lead of LinkedIn as fetched: a response, with the form it answers inside or beside it, or several in `elements`.

Answers are keyed by the question's id; which question that is, only the form knows, in the version that was answered.
"""

from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad
from leadstream.connectors.moments import epoch
from leadstream.connectors.people import CONSENT, Profile, Who
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, at_most, json_doc
from leadstream.connectors.signatures import fetched_only
from leadstream.connectors.telling import Telling
from leadstream.connectors.tracking import landing_of

NAME = "linkedin_response"
_SYSTEM = "linkedin"
_MOST = 1000

_PROFILE = {
    "WORK_EMAIL": "person.email",
    "EMAIL": "person.email",
    "PHONE_NUMBER": "person.phone",
    "WORK_PHONE": "person.phone",
    "JOB_TITLE": "person.title",
    "SENIORITY": "person.seniority",
    "JOB_FUNCTION": "person.function",
    "LINKEDIN_PROFILE_LINK": "person.linkedin",
    "COUNTRY": "person.country",
    "CITY": "person.city",
    "STATE": "person.region",
    "ZIP_CODE": "person.postcode",
    "COMPANY_NAME": "company.name",
    "COMPANY_SIZE": "company.size",
    "INDUSTRY": "company.industry",
}
"""Predefined field of a question -> field of the profile; of two for one field the first in this order counts."""


def _items(raw: Raw) -> list[tuple[Doc, Doc]]:
    body = json_doc(raw)
    if "response" in body.fields:
        return [(body.doc("response"), body.doc("form"))]
    found = body.docs("elements") if "elements" in body.fields else [body]
    return [(each, each.doc("form")) for each in at_most(found, _MOST, "elements")]


def _key(item: tuple[Doc, Doc], _raw: Raw) -> Key:
    return (item[0].text("id"),)


def _tell(item: tuple[Doc, Doc], telling: Telling) -> None:
    response, form = item
    who = Who(system=_SYSTEM, own=response.need("id"))
    subject, at = who.subject(telling.given), epoch(response, "submittedAt", telling.raw)
    number, version = _version(response, form)
    way = landing_of([(each.text("name"), each.text("value")) for each in form.docs("hiddenFields")])
    campaign = response.doc("leadMetadata").doc("sponsoredLeadMetadata").text("campaign").rpartition(":")[2]
    telling.capture(
        subject, _profile(response, form, telling), at,
        source=way.source or _SYSTEM, campaign=way.campaign or campaign, form=number, test=response.flag("testLead"),
    )  # fmt: skip
    telling.touch(
        subject, at,
        channel="social", kind="submitted", campaign=way.campaign or campaign, click_id=way.click_id,
        asset=response.doc("associatedEntity").text("associatedCreative").rpartition(":")[2] or number,
    )  # fmt: skip
    for each in response.doc("formResponse").docs("consentResponses"):
        if each.flag("accepted"):
            named = telling.given.fields.get(f"{CONSENT}{each.text('consentId')}")
            telling.consent(
                subject,
                at,
                purpose=named or telling.given.purpose,
                granted=True,
                source=f"form {number}",
                version=version,
            )
    telling.link(subject, "source_id", who.own, at, _SYSTEM)


def _version(response: Doc, form: Doc) -> tuple[str, str]:
    """Number and version of the form that was answered.

    Raises:
        Bad: another version came along, whose questions may be others.
    """
    urn = response.text("versionedLeadGenFormUrn", "versionedLeadGenForm")
    number, _, version = urn.rpartition("(")[2].rstrip(")").rpartition(",")
    told = form.text("versionId", "version")
    if told and told != version:
        raise Bad("malformed", "form.versionId", "is not the version of the form that was answered")
    return number.rpartition(":")[2], version


def _profile(response: Doc, form: Doc, telling: Telling) -> Profile:
    questions = {each.text("questionId"): each for each in form.doc("content").docs("questions")}
    known: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for answer in response.doc("formResponse").docs("answers"):
        number, text = answer.text("questionId"), _answer(answer.doc("answerDetails"))
        question = questions.get(number, Doc({}))
        if predefined := question.text("predefinedField"):
            known[predefined] = text
        else:
            others.append((question.text("name") or number, text))
    profile = Profile(telling.given)
    profile.name(known.pop("FIRST_NAME", ""), known.pop("LAST_NAME", ""), known.pop("FULL_NAME", ""))
    for predefined, field in _PROFILE.items():
        profile.put(field, known.pop(predefined, ""))
    for name, text in (*((name.lower(), text) for name, text in known.items()), *others):
        if name:
            profile.answer(name, text)
    return profile


def _answer(details: Doc) -> str:
    return details.doc("textQuestionAnswer").text("answer") or "; ".join(
        details.doc("multipleChoiceAnswer").texts("options")
    )


CONNECTOR = connector(NAME, _items, _key, _tell, verify=fetched_only)
"""Leads fetched from LinkedIn."""
