"""What forms of page builders ask under names of their own choice: the usual ones are known."""

from collections.abc import Iterable
from typing import Any

from leadstream.connectors.people import Profile
from leadstream.connectors.reading import words
from leadstream.connectors.telling import Telling

_PROFILE = {
    "email": "person.email",
    "e_mail": "person.email",
    "email_address": "person.email",
    "work_email": "person.email",
    "business_email": "person.email",
    "phone": "person.phone",
    "phone_number": "person.phone",
    "job_title": "person.title",
    "title": "person.title",
    "company": "company.name",
    "company_name": "company.name",
    "website": "company.website",
    "industry": "company.industry",
    "country": "company.country",
}
_FIRST, _LAST, _WHOLE = "first_name", "last_name", ("name", "full_name")


def profile_of(answers: Iterable[tuple[str, Any]], telling: Telling, passed_over: frozenset[str]) -> Profile:
    """The profile that answers tell.

    Args:
        answers: names and values.
        telling: gives what the configuration calls fields, which comes first.
        passed_over: names that are no answers.
    """
    profile, asked = Profile(telling.given), [(name, value) for name, value in answers if name not in passed_over]
    configured = telling.given.fields
    told = {_plain(name): words(value) for name, value in asked if name not in configured}
    profile.name(told.get(_FIRST, ""), told.get(_LAST, ""), next((told[name] for name in _WHOLE if told.get(name)), ""))
    for name, value in asked:
        field = "" if name in configured else _PROFILE.get(_plain(name), "")
        if field:
            profile.put(field, value)
        elif name in configured or _plain(name) not in (_FIRST, _LAST, *_WHOLE):
            profile.answer(name, value)
    return profile


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")
