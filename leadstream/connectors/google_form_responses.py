"""Responses of Google Forms as fetched, with the form for the questions' titles: `{"form": ..., "page": ...}`.

The page is what `forms.responses.list` answers; its list may stand beside the form as well.
"""

from leadstream.connectors.building import Key, connector
from leadstream.connectors.landing_pages import profile_of
from leadstream.connectors.moments import iso
from leadstream.connectors.people import Who
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, at_most, json_doc
from leadstream.connectors.signatures import fetched_only
from leadstream.connectors.telling import Telling

NAME = "google_form_responses"
_SYSTEM = "google_forms"
_MOST = 5000
_NO_NAMES: frozenset[str] = frozenset()


def _items(raw: Raw) -> list[tuple[Doc, Doc]]:
    body = json_doc(raw)
    found = (body.doc("page") or body).docs("responses")
    return [(body.doc("form"), response) for response in at_most(found, _MOST, "responses")]


def _key(item: tuple[Doc, Doc], _raw: Raw) -> Key:
    """A response may be changed; then it is another submission of the same lead."""
    form, response = item
    return (form.text("formId"), response.text("responseId"), response.text("lastSubmittedTime", "createTime"))


def _tell(item: tuple[Doc, Doc], telling: Telling) -> None:
    form, response = item
    at = iso(response, "lastSubmittedTime", "createTime", raw=telling.raw, zone="UTC")
    titles = _titles(form)
    answers = response.doc("answers")
    told = [(titles.get(question, question), _answer(answers.doc(question))) for question, _ in answers]
    profile = profile_of(told, telling, _NO_NAMES)
    profile.put("person.email", response.text("respondentEmail"))
    who = Who(system=_SYSTEM, own=response.need("responseId"), email=profile.text("person.email"))
    subject, name = who.subject(telling.given), form.doc("info").text("title") or form.text("formId")
    telling.capture(subject, profile, at, source=_SYSTEM, form=name)
    telling.touch(subject, at, channel="landing_page", kind="submitted", asset=name)
    telling.links(who, subject, at)


def _titles(form: Doc) -> dict[str, str]:
    """Question id -> its title; rows of a grid have titles of their own."""
    found: dict[str, str] = {}
    for each in form.docs("items"):
        single = each.doc("questionItem").doc("question").text("questionId")
        if single and each.text("title"):
            found[single] = each.text("title")
        for row in each.doc("questionGroupItem").docs("questions"):
            title = row.doc("rowQuestion").text("title")
            if row.text("questionId") and title:
                found[row.text("questionId")] = f"{each.text('title')} {title}".strip()
    return found


def _answer(answer: Doc) -> str:
    return "; ".join(value for each in answer.doc("textAnswers").docs("answers") if (value := each.text("value")))


CONNECTOR = connector(NAME, _items, _key, _tell, verify=fetched_only)
"""Responses of Google Forms."""
