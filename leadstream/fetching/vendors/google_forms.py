"""Responses of a form of Google's, with the form for its questions' titles."""

from urllib.parse import quote

from events.instants import iso
from leadstream.connectors import google_form_responses
from leadstream.connectors.reading import Doc
from leadstream.fetching import windows
from leadstream.fetching.port import Asked, Kind, Page, Turn, get, joined, ok
from leadstream.fetching.vendors.google import FORMS, at
from leadstream.fetching.vendors.google_watches import OF_FORM


def responses(asked: Asked) -> Turn:
    """The next page of a form's responses, from the last reading on.

    The order of the list is not promised, so the reading moves on only when all of its pages are through.
    """
    setup, cursor = at(asked.setup, FORMS), asked.cursor
    path, token = f"/v1/forms/{quote(asked.id, safe='')}", str(cursor.get("page", ""))
    form = yield get(setup, path)
    if form.status == 404:
        return Page(missing=asked.ids, told=f"Google has no form {asked.id}, or it is not shared with us")
    ok(form, "the form")
    query = [("pageSize", str(setup.size)), ("filter", f"timestamp >= {iso(windows.since(asked))}")]
    answer = yield get(setup, f"{path}/responses", *query, *([("pageToken", token)] if token else []))
    if token and answer.status == 400:
        return windows.begun(asked)
    found = ok(answer, "the responses")
    stamps = {each.text("responseId"): _stamp(each) for each in found.docs("responses")}
    after = found.text("nextPageToken")
    return Page(
        cursor=windows.moved(asked, stamps, {"page": after} if after else {}),
        body=joined(form=form.body, page=answer.body) if windows.is_new(cursor, stamps) else b"",
        path=f"{path}/responses",
        connector=google_form_responses.NAME,
        more=bool(after),
    )


def _stamp(response: Doc) -> int:
    said = response.text("lastSubmittedTime", "createTime")
    return windows.stamp(said, "the responses: one of them has no lastSubmittedTime")


KIND = Kind(responses, watch=OF_FORM)
"""`google_form_responses`, by the form's id."""
