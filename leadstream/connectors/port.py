"""What a connector is: the request as received, who may send it, and what it says.

The way of a request: `challenge` answers a vendor's handshake; `verify` says whether it is from whom it claims;
`kept` takes credentials out before it is stored in the topic `raw` under `natural_key`; `translate` makes facts of it,
then or years later, when the mapping was mended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from msgspec import Struct

from events.envelope import Envelope
from events.fact import Fact
from events.instants import from_us
from events.registry import wrap


class Raw(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request as received. Its JSON or MessagePack (msgspec) is what the topic `raw` keeps.

    Attributes:
        connector: name of the connector, see `registry.CONNECTORS`.
        endpoint: name of the configured way in, such as `hubspot-eu`; part of the facts' source.
        received_at: when it was received, microseconds since the epoch.
        method: HTTP method, upper case.
        path: path as sent, still escaped.
        query: query string as sent, without the question mark.
        headers: names and values in the order received; names in any case.
        body: bytes as sent; signatures are over these.
    """

    connector: str
    endpoint: str
    received_at: int
    method: str = "POST"
    path: str = "/"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first value of a header; empty where there is none. `name` in lower case."""
        return next((value for found, value in self.headers if found.lower() == name), "")


class Trust(Struct, frozen=True, kw_only=True):
    """How requests of one way in prove who sends them.

    Attributes:
        secrets: the shared secrets or keys that are taken, the newest first; two while one is being replaced.
        public_keys: keys that stand in pages for everybody to read; they say which form it is and sign nothing.
        base: scheme and host under which the vendor calls us, such as `https://leads.example.com`; signatures over
            the URL need it where a proxy stands between.
        accounts: ids of the vendor's accounts that may send; empty where the secret is proof enough.
        origins: web origins that may send forms, such as `https://www.example.com`; empty for all.
    """

    secrets: tuple[str, ...] = ()
    public_keys: tuple[str, ...] = ()
    base: str = ""
    accounts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


class Given(Struct, frozen=True, kw_only=True):
    """What a translation may know besides the request.

    Attributes:
        secret: the deployment's key for ids made from addresses and phone numbers.
        zone: IANA zone of the vendor's times that name none.
        country: ISO 3166 code of the country in which phone numbers without a country code are dialled.
        fields: the vendor's name of a field -> the profile's, such as `MMERGE5` -> `company.name`.
        purpose: what consent to a mailing list is for.
        test: whether all that it captures are tests, whatever the vendor says of them.
    """

    secret: bytes = b""
    zone: str = "UTC"
    country: str | None = None
    fields: dict[str, str] = {}
    purpose: str = "marketing_email"
    test: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One fact that a request tells.

    Attributes:
        subject: the lead's id.
        fact: what happened.
        occurred_at: when, microseconds since the epoch.
        source: CloudEvents source, `/connectors/` and the name of the way in.
        id: unique within `source`, and the same however often the vendor sends it.
    """

    subject: str
    fact: Fact
    occurred_at: int
    source: str
    id: str


Reason = Literal[
    "unreadable",  # not the encoding it should be in
    "malformed",  # a field is missing or cannot be what it says
    "unknown_type",  # a kind of message that nobody taught the connector
    "nobody",  # it names no one whom the facts could be about
    "erasure",  # a person is to be erased, which a person confirms
    "automatic",  # a form filled in by a program
]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A request, or one item of a request with several, that cannot be translated; it goes to dead letters.

    Attributes:
        reason: what kind of fault.
        field: where it is, such as `properties.email`; empty where it is the whole.
        hint: what was expected or what to do, in words, without personal data.
        item: place of the item in the request, from 0; None where it is the whole request.
    """

    reason: Reason
    field: str
    hint: str
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that the vendor only announced, and that has to be fetched.

    Attributes:
        kind: what it is, such as `contact`.
        id: its id at the vendor.
    """

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Translated:
    """What a request says.

    Attributes:
        facts: the facts, in the order in which it tells them.
        rejected: items that could not be translated; the others are.
        skipped: why items say nothing about a lead, in words.
        wanted: what has to be fetched before more is known.
    """

    facts: tuple[Told, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    skipped: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The request is not from whom it should be.

    Attributes:
        status: HTTP status to answer with, 401 or 403.
        reason: why, in words, without the secret and what was compared with it.
    """

    status: Literal[401, 403]
    reason: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the vendor wants to be answered.

    Attributes:
        status: HTTP status.
        media_type: of the body.
        body: the body.
    """

    status: int = 200
    media_type: str = "application/json"
    body: bytes = b"{}"


Outcome: TypeAlias = Translated | Rejected


Whose = Literal["both", "page", "vendor"]


@dataclass(frozen=True, slots=True)
class Connector:
    """One vendor's way in. All functions are total: no bytes and no headers make them raise.

    Attributes:
        name: its name, part of keys and configuration.
        verify: (request, trust, now in microseconds) -> why it is not to be believed, or None.
        translate: what the request says.
        natural_key: what makes a repetition of the request the same one; key of the topic `raw` after the name.
        challenge: the answer to a handshake, which is no message; None where the request is a message. Asked first.
        kept: the request without credentials, as it may be stored.
        methods: HTTP methods by which messages come.
        reply: what an accepted request is answered.
        seconds: how long the sender waits for an answer.
        tells: whoever sends can mend what is rejected, and so is told of it; a vendor would only send it again.
        browsers: pages of other origins send, and ask whether they may (CORS).
        open_by_account: an account that is configured is proof enough, without a secret.
        whose_key: whose key the sender has: of `both` sides, a secret; of a `page`, where everybody can read it; of the
            `vendor`, who signs with a private one, of which the public half is all there is to know.
    """

    name: str
    verify: Callable[[Raw, Trust, int], Refusal | None]
    translate: Callable[[Raw, Given], Outcome]
    natural_key: Callable[[Raw], str]
    challenge: Callable[[Raw, Trust], Reply | None]
    kept: Callable[[Raw], Raw]
    methods: tuple[str, ...] = ("POST",)
    reply: Reply = Reply()
    seconds: float = 10.0
    tells: bool = False
    browsers: bool = False
    open_by_account: bool = False
    whose_key: Whose = "both"


def envelope(told: Told) -> Envelope:
    """The fact in its envelope, as an inbox takes it."""
    return wrap(told.fact, id=told.id, source=told.source, subject=told.subject, time=from_us(told.occurred_at))
