"""Forms of Unbounce pages: a form with the answers in it as JSON, each in a list, and once more as XML."""

from typing import Any

from leadstream.connectors import forms
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad
from leadstream.connectors.landing_pages import profile_of
from leadstream.connectors.moments import written
from leadstream.connectors.people import Who
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, json_of
from leadstream.connectors.signatures import digest_of, shared_key
from leadstream.connectors.telling import Telling
from leadstream.connectors.tracking import PARAMETERS, landing

NAME = "unbounce"
_ANSWERS = "data.json"
_NOT_ANSWERS = (
    frozenset({"ip_address", "page_uuid", "variant", "time_submitted", "date_submitted", "page_url", "page_name"})
    | PARAMETERS
)
_FORM = "%Y-%m-%d %I:%M %p %Z"


def _items(raw: Raw) -> list[Doc]:
    return [forms.flat(forms.form_pairs(raw))]


def _key(form: Doc, _raw: Raw) -> Key:
    return (form.text("page_id"), form.text("variant"), digest_of(form.text(_ANSWERS).encode("utf-8", "surrogatepass")))


def _tell(form: Doc, telling: Telling) -> None:
    page, answers = form.need("page_id"), _answers(form)
    submitted = Doc({"at": f"{answers.text('date_submitted')} {answers.text('time_submitted')}"}, f"{_ANSWERS}.")
    dated = bool(answers.text("date_submitted") and answers.text("time_submitted"))
    at = written(submitted, "at", raw=telling.raw, forms=(_FORM,), zone="UTC") if dated else telling.raw.received_at
    profile = profile_of(answers, telling, _NOT_ANSWERS)
    url = form.text("page_url") or answers.text("page_url")
    way = landing(url, [(name, answers.text(name)) for name in sorted(PARAMETERS)])
    # Without address and number there is nobody, but the page was filled in: Unbounce itself has no id of the person.
    who = Who(email=profile.text("person.email"), phone=profile.text("person.phone"))
    subject = who.subject(telling.given)
    name = form.text("page_name") or page
    telling.capture(subject, profile, at, source=way.source or way.network or NAME, campaign=way.campaign, form=name)
    telling.touch(
        subject, at,
        channel="landing_page", kind="submitted", campaign=way.campaign, asset=way.page or name, click_id=way.click_id,
    )  # fmt: skip


def _answers(form: Doc) -> Doc:
    """The answers, each out of its list.

    Raises:
        Bad: there are none.
    """
    text = form.need(_ANSWERS)
    found = json_of(text.encode("utf-8", "surrogatepass"), _ANSWERS)
    if not isinstance(found, dict) or not found:
        raise Bad("malformed", _ANSWERS, "expected an object of answers")
    return Doc({name: _only(value) for name, value in found.items()}, f"{_ANSWERS}.")


def _only(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


CONNECTOR = connector(NAME, _items, _key, _tell, verify=shared_key)
"""Unbounce."""
