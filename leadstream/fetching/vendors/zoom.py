"""Lists of webinars of Zoom, page by page: who registered, and, once it has ended, who attended.

The lists have no order of change and no beginning: each is read whole, and a page that says what it said the last time
is not kept again.
"""

from collections.abc import Generator
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import quote

from events.instants import DAY, MINUTE
from leadstream.connectors import zoom, zoom_participants, zoom_registrants
from leadstream.connectors.reading import said
from leadstream.fetching.answers import retry_after, standard, until
from leadstream.fetching.port import (
    Answer,
    Asked,
    Denied,
    Kind,
    Page,
    Refused,
    Request,
    Turn,
    Vendor,
    Wait,
    begun_anew,
    get,
    joined,
    ok,
)
from leadstream.fetching.tokens import by_account

_WRITTEN = 15 * MINUTE
"""So long after its end Zoom may still be writing a webinar's report."""
_GIVEN_UP = DAY
"""So long after its end a report that is not there is still waited for."""


class _List(NamedTuple):
    """A list of a webinar.

    Attributes:
        webinar: path of the webinar.
        page: path of its pages.
        name: of the list in a page; names the pages in messages, too.
        query: what is asked for besides.
        connector: translates it.
    """

    webinar: str
    page: str
    name: str
    query: tuple[tuple[str, str], ...]
    connector: str


def registrants(asked: Asked) -> Turn:
    """The next page of a webinar's registrants, with the webinar for its name."""
    path = f"/v2/webinars/{_escaped(asked.id)}"
    listed = _List(path, f"{path}/registrants", "registrants", (("status", "approved"),), zoom_registrants.NAME)
    page = yield from _page(asked, listed)
    return page or Page(missing=asked.ids, told=f"Zoom has no webinar {asked.id}")


def participants(asked: Asked) -> Turn:
    """The next page of the report on who attended: `OCCURRENCE:MS`, by when it ended; or the last one of a webinar."""
    occurrence, _, ended = asked.id.partition(":")
    path = f"/v2/report/webinars/{_escaped(occurrence)}"
    query = (("include_fields", "registrant_id"),)
    listed = _List(path, f"{path}/participants", "participants", query, zoom_participants.NAME)
    page = yield from _page(asked, listed, remembers=not ended)
    if page is not None:
        return page
    if ended.isdecimal() and len(ended) < 15 and asked.now < int(ended) * 1000 + _GIVEN_UP:
        raise Refused(404, "the report: 404, it is not there yet")
    return Page(missing=asked.ids, told=f"Zoom has no report on the webinar {occurrence}")


def _page(asked: Asked, listed: _List, *, remembers: bool = True) -> Generator[Request, Answer, Page | None]:
    """The next page of a list; None where the webinar is not there. One that is read once needs no memory of it."""
    cursor = asked.cursor
    token, number = str(cursor.get("token", "")), int(cursor.get("number", 0))
    webinar = yield get(asked.setup, listed.webinar)
    if webinar.status == 404:
        return None
    ok(webinar, "the webinar")
    query = [("page_size", str(asked.setup.size)), *listed.query]
    answer = yield get(asked.setup, listed.page, *query, *([("next_page_token", token)] if token else []))
    if token and answer.status == 400:
        return begun_anew({"pages": cursor.get("pages", [])})  # it ends after 15 minutes
    if answer.status == 404:
        return None
    found = ok(answer, f"the {listed.name}")
    each, digests = found.docs(listed.name), list(cursor.get("pages", []))
    digest = blake2b("".join(said(one) for one in each).encode(), digest_size=12).hexdigest()
    known = number < len(digests) and digests[number] == digest
    digests[number : number + 1] = [digest]
    after = found.text("next_page_token")
    place = {"token": after, "number": number + 1} if after else {}
    return Page(
        cursor={"pages": digests if after else digests[: number + 1], **place} if after or remembers else {},
        body=b"" if known or not each else joined(webinar=webinar.body, page=answer.body),
        path=listed.page,
        connector=listed.connector,
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
    kinds={"zoom_registrants": Kind(registrants), "zoom_participants": Kind(participants, after=_WRITTEN)},
    translators=frozenset({zoom_registrants.NAME, zoom_participants.NAME}),
    judge=judge,
    needs=("account",),
    takes=("client_id", "client_secret"),
    size=300,
)
"""Zoom."""
