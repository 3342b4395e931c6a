"""Lead Sync of LinkedIn: a response with the form it answers, by its id or by the account that owns it.

`form:(...)` in `fields` brings the form along. Where it does not come, it is asked for by itself.
"""

from urllib.parse import quote

from events.instants import SECOND
from leadstream.connectors import linkedin, linkedin_response
from leadstream.connectors.reading import Doc
from leadstream.fetching import windows
from leadstream.fetching.answers import standard
from leadstream.fetching.port import Asked, Kind, Page, Refused, Request, Setup, Turn, Vendor, joined, ok
from leadstream.fetching.tokens import by_client

_RESPONSES, _FORMS = "/rest/leadFormResponses", "/rest/leadForms"
_FORM = "form:(hiddenFields,creationLocale,name,id,versionId,content)"
_FIELDS = (
    "owner,associatedEntity,leadMetadata,leadType,versionedLeadGenFormUrn,id,submittedAt,testLead,formResponse," + _FORM
)
_MS = SECOND // 1000
_OWNERS = {"sponsoredAccount": "SPONSORED", "organization": "COMPANY"}


def _asking(setup: Setup, path: str, query: str = "") -> Request:
    """Rest.li wants parentheses and colons of its own left as they are, and those inside values escaped."""
    headers = ("linkedin-version", setup.version), ("x-restli-protocol-version", "2.0.0")
    return Request(url=f"{setup.base}{path}{'?' if query else ''}{query}", headers=headers)


def response(asked: Asked) -> Turn:
    """One response, whole."""
    path = f"{_RESPONSES}/{quote(asked.id, safe='')}"
    answer = yield _asking(asked.setup, path, f"fields={_FIELDS}")
    if answer.status == 404:
        return Page(missing=asked.ids)
    found = ok(answer, "the response")
    body = answer.body
    if not found.doc("form"):
        form = yield _asking(asked.setup, f"{_FORMS}/{_form_id(found)}")
        if form.status != 404:
            ok(form, "the form of the response")
            body = joined(response=answer.body, form=form.body)
    return Page(body=body, path=path, connector=linkedin_response.NAME)


def _form_id(response: Doc) -> str:
    """`urn:li:versionedLeadGenForm:(urn:li:leadGenForm:3213,1)` -> `3213`."""
    urn = response.text("versionedLeadGenFormUrn", "versionedLeadGenForm")
    return quote(urn.rpartition("(")[2].partition(",")[0].rpartition(":")[2], safe="")


def responses(asked: Asked) -> Turn:
    """The next page of an owner's responses, such as `sponsoredAccount:522529623` or `organization:5590506:EVENT`.

    Pages are places in a list of a window of time that is over. If the list has another length than when the reading
    began, a response was deleted meanwhile and others have moved up: then it is read from its beginning.
    """
    owner, number, *kinds = [*asked.id.split(":"), ""]
    kind = (kinds[0] if kinds else "") or _OWNERS.get(owner, "COMPANY")
    cursor, start = asked.cursor, int(asked.cursor.get("start", 0))
    until = int(cursor.get("until", asked.now))
    urn = quote(f"urn:li:{owner}:{number}", safe="")
    span = f"(start:{windows.since(asked) // _MS},end:{until // _MS})"
    answer = yield _asking(
        asked.setup,
        _RESPONSES,
        f"q=owner&owner=({owner}:{urn})&leadType=(leadType:{kind})&limitedToTestLeads=false"
        f"&submittedAtTimeRange={span}&fields={_FIELDS}&count={asked.setup.size}&start={start}",
    )
    found = ok(answer, "the responses")
    total = found.doc("paging").text("total")
    if start and total != cursor.get("total"):
        return windows.begun(asked)
    stamps = {each.text("id"): _stamp(each) for each in found.docs("elements") if each.text("id")}
    count = len(found.docs("elements"))
    after = start + count
    rest = bool(stamps) and (after < int(total) if total.isdecimal() else count >= asked.setup.size)
    place = {"start": after, "until": until, "total": total} if rest else {}
    return Page(
        cursor=windows.moved(asked, stamps, place),
        body=answer.body if windows.is_new(cursor, stamps) else b"",
        path=_RESPONSES,
        connector=linkedin_response.NAME,
        more=rest,
    )


def _stamp(element: Doc) -> int:
    text = element.text("submittedAt")
    if not (text.isdecimal() and len(text) < 17):
        raise Refused(200, "the responses: one of them has no submittedAt")
    return int(text) * _MS


VENDOR = Vendor(
    name=linkedin.NAME,
    base="https://api.linkedin.com",
    token_url="https://www.linkedin.com/oauth/v2/accessToken",  # noqa: S106 - an address
    grant=by_client(""),
    kinds={linkedin.RESPONSE: Kind(response), "lead_form_responses": Kind(responses)},
    translators=frozenset({linkedin_response.NAME}),
    judge=standard,
    takes=("client_id", "client_secret"),
    size=100,
    version="202606",
)
"""LinkedIn."""
