"""What `[sources.NAME.fetch]` of the configuration says, checked. Secrets are read by a function that is given."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, structs

from events.instants import SECOND
from leadstream.fetching.port import Credentials, Kind, Setup, Vendor, Watch
from leadstream.fetching.vendors.registry import VENDORS

Read = Callable[[str, str], str]
"""(setting, reference) -> the secret; an empty text where it cannot be had, which is told elsewhere."""

SALESFORCE = {"salesforce_outbound": "salesforce"}
"""A way in whose vendor is fetched from as another's."""
_HERE = ("localhost", "127.0.0.1", "::1")
_VERSION = re.compile(r"[0-9]{1,8}(\.[0-9]{1,4})?")
_TOPIC = re.compile(r"projects/[a-z0-9:.-]{1,100}/topics/[A-Za-z][A-Za-z0-9._~+%-]{2,254}")
_PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,100}")


class Feed(NamedTuple):
    """A thing at a vendor that can be read: a list, or one record.

    Attributes:
        kind: what it is, as a notification wants it.
        id: its id at the vendor.
    """

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """How a way in fetches.

    Attributes:
        vendor: whose API it is.
        setup: what its turns may know.
        credentials: how we prove who we are.
        feeds: lists that are read without being announced.
        every: microseconds between two readings of a list.
    """

    vendor: Vendor
    setup: Setup
    credentials: Credentials
    feeds: tuple[Feed, ...] = ()
    every: int = 300 * SECOND

    def kind(self, name: str) -> Kind | None:
        """How a kind of thing is read; None where this vendor has no such kind."""
        return self.vendor.kinds.get(name)

    def watch(self, feed: Feed) -> Watch | None:
        """How a list is watched; None where it is not."""
        watch = self.vendor.kinds[feed.kind].watch
        return watch if watch is not None and getattr(self.setup, watch.needs) else None

    @property
    def watched(self) -> tuple[Feed, ...]:
        """The lists whose changes the vendor is asked to announce."""
        return tuple(feed for feed in self.feeds if self.watch(feed) is not None)

    def agreed(self, secret: str) -> str:
        """A digest of what watches are asked for with; one that was asked for with anything else is made anew.

        It lies in the log, and `secret`, which somebody may have thought up, cannot be guessed from it: the key is of
        the vendor's own making.
        """
        made = self.credentials.client_secret or self.credentials.token or self.credentials.refresh_token
        key = blake2b(made.encode()).digest()
        said = msgspec.json.encode((self.setup.topic, self.setup.address, secret))
        return blake2b(said, key=key, digest_size=12).hexdigest()


class Written(Struct, forbid_unknown_fields=True):
    """The settings as they are written."""

    token: str = ""
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    token_url: str = ""
    base: str = ""
    account: str = ""
    properties: list[str] = []
    feeds: list[str] = []
    every: int = 300
    days: int = 30
    size: int | None = None
    version: str = ""
    topic: str = ""
    address: str = ""


def fetch_names() -> tuple[str, ...]:
    """What a table `fetch` may say."""
    return Written.__struct_fields__


def vendor_of(connector: str) -> Vendor | None:
    """The vendor that a way in of this connector can fetch from; None where everything comes by itself."""
    return VENDORS.get(SALESFORCE.get(connector, connector))


def translators_of(connector: str) -> frozenset[str]:
    """Connectors that translate what is fetched for a way in of this connector."""
    vendor = vendor_of(connector)
    return frozenset() if vendor is None else vendor.translators


def fetch_of(connector: str, said: Written, read: Read) -> Fetch | list[tuple[str, str]]:
    """How a way in fetches, or what is wrong with it: settings, each with what was expected.

    Args:
        connector: of the way in.
        said: the settings.
        read: finds secrets.
    """
    vendor = vendor_of(connector)
    if vendor is None:
        return [("", f"nothing is fetched for a {connector}; it sends everything by itself")]
    wrong = _wrong(said, vendor)
    if wrong:
        return wrong
    base = said.base.rstrip("/") or vendor.base
    places = {"account": said.account, "base": base}
    credentials = Credentials(
        token=read("token", said.token) if said.token else "",
        client_id=said.client_id,
        client_secret=read("client_secret", said.client_secret) if said.client_secret else "",
        refresh_token=read("refresh_token", said.refresh_token) if said.refresh_token else "",
        url=said.token_url or vendor.token_url.format(**places),
    )
    setup = Setup(
        base=base,
        account=said.account,
        properties=tuple(said.properties),
        days=said.days,
        size=min(said.size or vendor.size, vendor.size),
        version=said.version or vendor.version,
        topic=said.topic,
        address=said.address,
    )
    feeds = tuple(_feed(text, vendor.kinds) for text in said.feeds)
    return Fetch(vendor, setup, credentials, tuple(dict.fromkeys(feeds)), said.every * SECOND)


def smaller(fetch: Fetch) -> Fetch | None:
    """The same with pages of half the size; None where they hold one record already."""
    size = fetch.setup.size // 2
    return None if size < 1 else replace(fetch, setup=structs.replace(fetch.setup, size=size))


def _feed(text: str, kinds: Mapping[str, Kind]) -> Feed:
    kind, _, identity = text.partition(":")
    return Feed(kind, kinds[kind].key(identity))


def _wrong(said: Written, vendor: Vendor) -> list[tuple[str, str]]:
    found = [(name, f"is missing; {vendor.name} needs it") for name in vendor.needs if not getattr(said, name)]
    if not said.token:
        found += [
            (name, f"is missing; {vendor.name} needs it, or a token")
            for name in vendor.takes
            if not getattr(said, name)
        ]
    for name in ("base", "token_url", "address"):
        text = getattr(said, name)
        if text and not _is_address(text):
            found.append((name, "expected an address such as https://api.example.com; http only on this machine"))
    lists = [name for name, kind in vendor.kinds.items() if not kind.all_feeds]
    found += [
        ("feeds", f"expected KIND:ID with one of the kinds {', '.join(sorted(lists))}, got {text!r}")
        for text in said.feeds
        if text.partition(":")[0] not in lists or not text.partition(":")[2]
    ]
    found += [
        ("properties", f"expected names of fields, got {text!r}")
        for text in said.properties
        if not _PROPERTY.fullmatch(text)
    ]
    found += _wrong_watches(said, vendor)
    if said.version and not _VERSION.fullmatch(said.version):
        found.append(
            ("version", f"expected a version of the API such as {vendor.version or '1.0'}, got {said.version!r}")
        )
    for name, value, least, most in (
        ("every", said.every, 10, 86_400), ("days", said.days, 1, 365), ("size", said.size or 1, 1, 2000),
    ):  # fmt: skip
        if not least <= value <= most:
            found.append((name, f"expected {least} to {most}, got {value}"))
    return found


def _wrong_watches(said: Written, vendor: Vendor) -> list[tuple[str, str]]:
    found = []
    if said.topic and not _TOPIC.fullmatch(said.topic):
        found.append(("topic", f"expected projects/PROJECT/topics/TOPIC, got {said.topic!r}"))
    needed = {kind.watch.needs for kind in vendor.kinds.values() if kind.watch is not None}
    found += [
        (name, f"nothing of {vendor.name} is watched by it")
        for name in ("topic", "address")
        if getattr(said, name) and name not in needed
    ]
    return found


def _is_address(text: str) -> bool:
    """An address to send secrets to: over TLS, or to this machine."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and " " not in text and parts.username is None
    return plain and bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _HERE))
