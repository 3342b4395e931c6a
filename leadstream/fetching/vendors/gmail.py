"""A mailbox of Gmail: which messages were added since a place in its history, and the heads of these.

Gmail forgets a place after a week or so and answers 404; then the messages of the last days are listed instead.
"""

from urllib.parse import quote

import msgspec

from events.instants import DAY, SECOND
from leadstream.connectors import gmail_messages
from leadstream.fetching.port import Asked, Cursor, Kind, Page, Setup, Turn, begun_anew, get, joined, ok
from leadstream.fetching.vendors.google import GMAIL, at
from leadstream.fetching.vendors.google_watches import OF_MAILBOX

_HEADERS = ("From", "To", "Cc")
_FIELDS = "id,threadId,labelIds,internalDate,payload/headers"
"""Without `snippet`, which is the beginning of the text."""
_MOST = 50


def mailbox(wanted: str) -> str:
    """`ADDRESS:HISTORY` of a notification -> the address; what is read begins where we are, not there."""
    address, _, number = wanted.rpartition(":")
    return address if number.isdecimal() and address else wanted


def history(asked: Asked) -> Turn:
    """The next page of a mailbox."""
    setup = at(asked.setup, GMAIL)
    path, cursor = f"/gmail/v1/users/{quote(asked.id, safe='@')}", asked.cursor
    if not cursor:
        profile = ok((yield get(setup, f"{path}/profile")), "the mailbox")
        return Page(cursor={"list": "", "then": profile.need("historyId")}, more=True)
    if "list" in cursor:
        return (yield from _listed(asked, setup, path))
    query = [("startHistoryId", str(cursor["history"])), ("historyTypes", "messageAdded"), ("maxResults", _size(setup))]
    page = str(cursor.get("page", ""))
    answer = yield get(setup, f"{path}/history", *query, *([("pageToken", page)] if page else []))
    if answer.status == 404:
        return begun_anew()
    found = ok(answer, "the history of the mailbox")
    ids = [added.doc("message").text("id") for each in found.docs("history") for added in each.docs("messagesAdded")]
    after = found.text("nextPageToken")
    now_at: Cursor = {"history": cursor["history"], "page": after} if after else {"history": found.need("historyId")}
    return (yield from _heads(asked, setup, path, ids, now_at, more=bool(after)))


def _listed(asked: Asked, setup: Setup, path: str) -> Turn:
    """The messages of the last days, where no history is known to begin with."""
    cursor, page = asked.cursor, str(asked.cursor["list"])
    after = int(cursor.get("after", (asked.now - setup.days * DAY) // SECOND))
    query = [("q", f"after:{after}"), ("maxResults", _size(setup)), *([("pageToken", page)] if page else [])]
    answer = yield get(setup, f"{path}/messages", *query)
    if page and answer.status == 400:
        return begun_anew({"list": "", "then": cursor["then"], "after": after})
    found = ok(answer, "the messages of the mailbox")
    further = found.text("nextPageToken")
    now_at: Cursor = (
        {"list": further, "then": cursor["then"], "after": after} if further else {"history": cursor["then"]}
    )
    ids = [each.text("id") for each in found.docs("messages")]
    return (yield from _heads(asked, setup, path, ids, now_at, more=bool(further)))


def _size(setup: Setup) -> str:
    return str(min(setup.size, _MOST))


def _heads(asked: Asked, setup: Setup, path: str, ids: list[str], cursor: Cursor, *, more: bool) -> Turn:
    """The heads of messages, one request each; one that was deleted meanwhile says nothing any more."""
    heads: list[bytes] = []
    query = [("format", "metadata"), *(("metadataHeaders", name) for name in _HEADERS), ("fields", _FIELDS)]
    for identity in dict.fromkeys(ids):
        answer = yield get(setup, f"{path}/messages/{quote(identity, safe='')}", *query)
        if answer.status != 404:
            ok(answer, "the head of a message")
            heads.append(answer.body)
    body = joined(mailbox=msgspec.json.encode(asked.id), messages=b"[" + b",".join(heads) + b"]") if heads else b""
    return Page(cursor=cursor, body=body, path=f"{path}/messages", connector=gmail_messages.NAME, more=more)


KIND = Kind(history, key=mailbox, watch=OF_MAILBOX)
"""`gmail_history`, by the mailbox's address."""
