"""Registrants of a webinar of Zoom, page by page.

The list has no order of change and no beginning: it is read whole each time, and a page that says what it said the last
time is not kept again.
"""

from hashlib import blake2b
from urllib.parse import quote

from leadstream.connectors import zoom, zoom_registrants
from leadstream.connectors.reading import said
from leadstream.fetching.answers import retry_after, standard, until
from leadstream.fetching.port import Answer, Asked, Denied, Kind, Page, Turn, Vendor, Wait, begun_anew, get, joined, ok
from leadstream.fetching.tokens import by_account


def registrants(asked: Asked) -> Turn:
    """The next page of a webinar's registrants, with the webinar for its name."""
    path, cursor = f"/v2/webinars/{_escaped(asked.id)}", asked.cursor
    token, number = str(cursor.get("token", "")), int(cursor.get("number", 0))
    webinar = yield get(asked.setup, path)
    if webinar.status == 404:
        return Page(missing=asked.ids, told=f"Zoom has no webinar {asked.id}")
    ok(webinar, "the webinar")
    query = [("page_size", str(asked.setup.size)), ("status", "approved")]
    answer = yield get(asked.setup, f"{path}/registrants", *query, *([("next_page_token", token)] if token else []))
    if token and answer.status == 400:
        return begun_anew({"pages": cursor.get("pages", [])})  # it ends after 15 minutes
    found = ok(answer, "the registrants")
    each, digests = found.docs("registrants"), list(cursor.get("pages", []))
    digest = blake2b("".join(said(one) for one in each).encode(), digest_size=12).hexdigest()
    known = number < len(digests) and digests[number] == digest
    digests[number : number + 1] = [digest]
    after = found.text("next_page_token")
    place = {"token": after, "number": number + 1} if after else {}
    return Page(
        cursor={"pages": digests if after else digests[: number + 1], **place},
        body=b"" if known or not each else joined(webinar=webinar.body, page=answer.body),
        path=f"{path}/registrants",
        connector=zoom_registrants.NAME,
        more=bool(after),
    )


def _escaped(number: str) -> str:
    """An id as a path has it; one with a slash is escaped twice, as Zoom wants it."""
    return quote(quote(number, safe="") if "/" in number else number, safe="")


def judge(answer: Answer, now: int) -> Wait | Denied | None:
    """Limits by the second have no time; those by the day say when they end, as a date (`Retry-After`)."""
    if answer.status != 429:
        return standard(answer, now)
    seconds = retry_after(answer, now)
    return Wait(until(answer.headers.get("x-ratelimit-reset", ""), now) if seconds is None else seconds, "429")


VENDOR = Vendor(
    name=zoom.NAME,
    base="https://api.zoom.us",
    token_url="https://zoom.us/oauth/token",  # noqa: S106 - an address
    grant=by_account,
    kinds={"zoom_registrants": Kind(registrants)},
    translators=frozenset({zoom_registrants.NAME}),
    judge=judge,
    needs=("account",),
    takes=("client_id", "client_secret"),
    size=300,
)
"""Zoom."""
