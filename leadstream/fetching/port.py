"""What a fetcher is: a vendor's HTTP contract as plain functions, without a socket, a clock or a secret.

A *turn* is one step from a cursor to the next one: a generator that yields requests, is sent the answers to them, and
returns the page that it made of these. Whoever drives it sends the requests, waits where the vendor says so and renews
tokens; the turn sees only answers that mean something. A turn that was given up anywhere is done again from its cursor.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from leadstream.connectors.reading import Doc

Cursor: TypeAlias = Mapping[str, Any]
"""Where to go on, as JSON; empty before the first page. Only the vendor's own turns know what is in it."""


class Request(Struct, frozen=True, kw_only=True):
    """A request to a vendor.

    Attributes:
        method: HTTP method.
        url: whole, without the query.
        query: names and values of the query, not yet escaped.
        headers: names and values besides the token and the type of the body.
        body: bytes to send; empty for none.
        media_type: of the body.
        secret: the member of the body, a JSON object, that is to hold what proves notifications to be the vendor's;
            whoever sends the request puts it there. Empty for none.
    """

    url: str
    method: str = "GET"
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    media_type: str = "application/json"
    secret: str = ""


class Answer(Struct, frozen=True, kw_only=True):
    """What came back, whole.

    Attributes:
        status: HTTP status.
        headers: by name in lower case.
        body: the bytes.
    """

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Page(Struct, frozen=True, kw_only=True):
    """What a turn has made of its answers.

    Attributes:
        cursor: where to go on; empty where there is nothing to remember.
        body: what is kept and translated, made of what came byte for byte; empty where nothing is new.
        path: path of the request that the body is the answer to, for whoever looks at what is kept.
        connector: name of the connector that translates it.
        more: there is more at once.
        anew: the vendor does not know our place any more, and the cursor is one from which the reading begins anew.
        missing: what was asked for by id and is not there (any more).
        told: something that a person has to see to, in words.
        lapsed: ids of watches that the vendor does not keep any more. Those that are ours are made anew.
    """

    cursor: Cursor = {}
    body: bytes = b""
    path: str = "/"
    connector: str = ""
    more: bool = False
    anew: bool = False
    missing: tuple[str, ...] = ()
    told: str = ""
    lapsed: tuple[str, ...] = ()


class Setup(Struct, frozen=True, kw_only=True):
    """What a turn may know of the way in that it fetches for.

    Attributes:
        base: scheme and host of the vendor's API, without a slash at the end.
        account: id of our account at the vendor: portal, tenant, advertiser, organisation.
        properties: names of fields that are asked for besides the usual ones.
        days: how far back the first reading of a list goes.
        size: records of a page.
        version: of the API, where requests name one.
        topic: of Pub/Sub, where changes are to be published; empty where nobody asks for it.
        address: of the way in as the vendor reaches it, where changes are to be announced; empty where nobody asks.
    """

    base: str
    account: str = ""
    properties: tuple[str, ...] = ()
    days: int = 30
    size: int = 100
    version: str = ""
    topic: str = ""
    address: str = ""


Turn: TypeAlias = Generator[Request, Answer, Page]


class Asked(NamedTuple):
    """What a turn is asked for.

    Attributes:
        setup: of the way in.
        ids: what to read: one list, or one or more things.
        cursor: where to go on.
        now: the time, microseconds.
    """

    setup: Setup
    ids: tuple[str, ...]
    cursor: Cursor
    now: int

    @property
    def id(self) -> str:
        """The only, or first, of the ids."""
        return self.ids[0]


class Watched(Struct, frozen=True, kw_only=True):
    """A watch as the vendor keeps it: it announces changes of a list until it ends.

    Attributes:
        until: when it ends unless it is renewed, microseconds.
        id: its id at the vendor; empty where there is one for each list.
        resource: what else it takes to end it.
    """

    until: int
    id: str = ""
    resource: str = ""


class Watching(NamedTuple):
    """What a watch is asked for with.

    Attributes:
        setup: of the way in.
        id: of the list.
        held: the watch that is to go on; None for a new one.
        name: an id for a new one, where the vendor wants ours.
        now: the time, microseconds.
    """

    setup: Setup
    id: str
    held: Watched | None
    name: str
    now: int


WatchTurn: TypeAlias = Generator[Request, Answer, Watched]
EndTurn: TypeAlias = Generator[Request, Answer, None]


@dataclass(frozen=True, slots=True)
class Watch:
    """How changes of a kind of list are announced, and for how long.

    Attributes:
        needs: the setting without which nothing is watched.
        turn: makes a watch, or has one go on. It may be begun again from anywhere.
        end: ends one whose place another has taken; None where that needs no request.
    """

    needs: Literal["topic", "address"]
    turn: Callable[[Watching], WatchTurn]
    end: Callable[[Setup, Watched], EndTurn] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that can be read.

    Attributes:
        turn: reads the next page.
        most: so many of them are asked for at once; more than one only of things without a cursor.
        key: what is read when a notification wants this: a mailbox at a place in its history is the mailbox.
        all_feeds: it names nothing by itself; every list that is configured is read.
        after: how long after it was announced it is there to be read, microseconds.
        watch: how its changes are announced; None where that is set up at the vendor, once and for all, or cannot be.
    """

    turn: Callable[[Asked], Turn]
    most: int = 1
    key: Callable[[str], str] = str
    all_feeds: bool = False
    after: int = 0
    watch: Watch | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The vendor wants to be asked again.

    Attributes:
        seconds: after which; None where it does not say.
        why: in words.
    """

    seconds: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Denied:
    """The token is not taken (any more)."""


Judge: TypeAlias = Callable[[Answer, int], Wait | Denied | None]
"""(answer, now in microseconds) -> what it says about asking again; None where it is for the turn."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How we prove who we are. Never shown.

    Attributes:
        token: a token that does not end; empty where it is got by the others.
        client_id: of our app.
        client_secret: of our app.
        refresh_token: stands for whoever allowed the app in.
        url: where tokens are got.
    """

    token: str = field(default="", repr=False)
    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    url: str = ""


Grant: TypeAlias = Callable[[Credentials, Setup], Request]
"""Makes the request for a token."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor's API.

    Attributes:
        name: of the connector whose ways in it fetches for.
        base: scheme and host of its API, where there is one for everybody; else it is configured.
        token_url: where tokens are got; `{account}` and `{base}` are filled in.
        grant: makes the request for a token.
        needs: settings without which it cannot work, besides a token or what the grant takes.
        takes: settings of credentials that its grant takes.
        kinds: what can be read, by kind.
        translators: connectors that translate its pages.
        judge: what an answer says about asking again.
        size: records of a page, at most.
        version: of the API, unless another one is configured.
    """

    name: str
    base: str
    token_url: str
    grant: Grant
    kinds: Mapping[str, Kind]
    translators: frozenset[str]
    judge: Judge
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ("client_id", "client_secret", "refresh_token")
    size: int = 100
    version: str = ""


class Refused(Exception):
    """The vendor answered what a turn can make nothing of. Nothing is given up: it is asked again later.

    Args:
        status: HTTP status.
        why: in words, without what the vendor said about people.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def get(setup: Setup, path: str, *query: tuple[str, str], headers: tuple[tuple[str, str], ...] = ()) -> Request:
    """A request for something under the vendor's base."""
    return Request(url=f"{setup.base}{path}", query=query, headers=headers)


def linked(setup: Setup, link: str, headers: tuple[tuple[str, str], ...] = ()) -> Request:
    """A request for a link as the vendor gave it. Its host gets our token, so it must be the one that we asked.

    Raises:
        Refused: it is another one.
    """
    ours, theirs = urlsplit(setup.base), urlsplit(link)
    if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
        raise Refused(0, f"a link leads to {theirs.netloc!r}, which is not {ours.netloc!r}")
    return Request(url=link, headers=headers)


def post(setup: Setup, path: str, said: object = None, *, method: str = "POST", secret: str = "") -> Request:
    """A request with a JSON body, or without one."""
    body = b"" if said is None else msgspec.json.encode(said)
    return Request(method=method, url=f"{setup.base}{path}", body=body, secret=secret)


def ok(answer: Answer, what: str) -> Doc:
    """The JSON object of an answer that is well.

    Raises:
        Refused: it is none, or not well.
    """
    if not 200 <= answer.status < 300:
        raise Refused(answer.status, f"{what}: {answer.status}{_code(answer)}")
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused(answer.status, f"{what}: {answer.status}, and the body is no JSON object")
    return Doc(found)


def _code(answer: Answer) -> str:
    """What the vendor calls its error, where it gives it a name; its words may name people and are left out."""
    try:
        found: Any = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    first = found[0] if isinstance(found, list) and found else found
    if not isinstance(first, dict):
        return ""
    top = Doc(first)
    name = top.doc("error").text("status", "code") or top.text("errorCode", "category", "error", "code")
    return f" {name[:80]}" if name else ""


def begun_anew(cursor: Cursor | None = None) -> Page:
    """Nothing but a place from which to begin, since the vendor does not know the last one any more."""
    return Page(cursor=cursor or {}, more=True, anew=True)


def joined(**parts: bytes) -> bytes:
    """One JSON object of JSON values that stay as they came, byte for byte."""
    return b"{" + b",".join(msgspec.json.encode(name) + b":" + value for name, value in parts.items()) + b"}"
