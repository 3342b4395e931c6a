"""Ways in: what `[sources.NAME]` of the configuration says, checked. Reads secrets through functions that are given."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from typing_extensions import override

from leadstream.connectors.port import Connector, Given, Trust
from leadstream.connectors.registry import CONNECTORS
from leadstream.connectors.signatures import fetched_only
from leadstream.fetching.configured import Fetch, Written, fetch_names, fetch_of, translators_of

ReadSecret = Callable[[str], str]
"""`env:NAME` or `file:PATH` -> the secret. Raises BadSecret."""

_FETCH = "fetch"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class BadSecret(ValueError):
    """A secret cannot be had; the message says why, without it."""


@dataclass(frozen=True, slots=True)
class Source:
    """One configured way in.

    Attributes:
        name: part of the address, and of the facts' source and ids: another name makes other facts.
        connector: translates what comes.
        trust: who may send.
        given: what a translation may know.
        rate: requests a second on average that are taken.
        thanks: where a browser is sent after a form; empty for an answer in JSON.
        fetch: how what is only announced is fetched; None where nobody fetches it.
    """

    name: str
    connector: Connector
    trust: Trust
    given: Given
    rate: int = 1000
    thanks: str = ""
    fetch: Fetch | None = None

    def translating(self, connector: str) -> "Source | None":
        """The way in as it translates what is kept under a connector's name: its own, or one of what it fetches.

        None where it is neither: then another connector was configured under this name.
        """
        if connector == self.connector.name:
            return self
        if connector in translators_of(self.connector.name):
            return replace(self, connector=CONNECTORS[connector])
        return None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a way in.

    Attributes:
        source: its name.
        setting: which setting; empty where it is the whole.
        reason: what was expected, without any secret.
    """

    source: str
    setting: str
    reason: str

    @override
    def __str__(self) -> str:
        return f"[sources.{self.source}]{' ' if self.setting else ''}{self.setting}: {self.reason}"


class _Written(Struct, forbid_unknown_fields=True):
    """The settings as they are written; texts may stand for lists of one."""

    connector: str
    secret: str | list[str] = []
    public_key: str | list[str] = []
    base: str = ""
    accounts: list[str] = []
    origins: list[str] = []
    zone: str = "UTC"
    country: str | None = None
    fields: dict[str, str] = {}
    purpose: str = "marketing_email"
    rate: int = 1000
    thanks: str = ""
    fetch: Written | None = None
    test: bool = False


def setting_names() -> tuple[str, ...]:
    """What a table of a way in may say."""
    return _Written.__struct_fields__


def sources_of(
    tables: Mapping[str, Any], read_secret: ReadSecret, key: bytes
) -> tuple[dict[str, Source], tuple[Fault, ...]]:
    """The ways in by name, and all that is wrong with the others.

    Args:
        tables: name -> its table, as TOML has it.
        read_secret: finds a secret.
        key: the deployment's key of ids made from addresses and phone numbers.
    """
    found: dict[str, Source] = {}
    faults: list[Fault] = []
    for name, table in tables.items():
        source = _source(name, table, read_secret, key)
        if isinstance(source, Source):
            found[name] = source
        else:
            faults += source
    return found, tuple(faults)


def _source(name: str, table: Any, read_secret: ReadSecret, key: bytes) -> Source | list[Fault]:
    if not _NAME.fullmatch(name):
        return [Fault(name, "", "a name is made of a-z, 0-9, _ and -, at most 64 of them")]
    try:
        said = msgspec.convert(table, _Written)
    except msgspec.ValidationError as exc:
        return [Fault(name, *_told(str(exc)))]
    connector = CONNECTORS.get(said.connector)
    if connector is None:
        return [Fault(name, "connector", f"there is no {said.connector!r}; leadstream connectors list shows them")]
    if connector.verify is fetched_only:
        reason = f"{said.connector} translates what is fetched from the vendor, and is no way in"
        return [Fault(name, "connector", reason)]
    faults = [Fault(name, *each) for each in _wrong(said)]
    public, secrets = _listed(said.public_key), list[str]()
    if connector.whose_key == "vendor":
        public, secrets = [], public
    elif public and connector.whose_key != "page":
        faults.append(Fault(name, "public_key", f"{said.connector} has a secret, not a public key"))
    for reference in _listed(said.secret):
        try:
            secrets.append(read_secret(reference))
        except BadSecret as exc:
            faults.append(Fault(name, "secret", str(exc)))
    trust = Trust(
        secrets=tuple(secrets),
        public_keys=tuple(public),
        base=said.base.rstrip("/"),
        accounts=tuple(said.accounts),
        origins=tuple(said.origins),
    )
    by_account = connector.open_by_account and trust.accounts
    if not (faults or trust.secrets or trust.public_keys or by_account):
        needed = "public_key" if connector.whose_key != "both" else "secret"
        faults.append(Fault(name, needed, f"is missing, and without it nobody can send to a {said.connector}"))
    fetch = None if said.fetch is None else _fetch(name, said.connector, said.fetch, read_secret)
    if isinstance(fetch, list):
        faults += fetch
    if faults or isinstance(fetch, list):
        return faults
    given = Given(
        secret=key, zone=said.zone, country=said.country, fields=said.fields, purpose=said.purpose, test=said.test
    )
    return Source(name, connector, trust, given, said.rate, said.thanks, fetch)


def _fetch(name: str, connector: str, said: Written, read_secret: ReadSecret) -> Fetch | list[Fault]:
    faults: list[Fault] = []

    def read(setting: str, reference: str) -> str:
        try:
            return read_secret(reference)
        except BadSecret as exc:
            faults.append(Fault(name, f"{_FETCH}.{setting}", str(exc)))
            return ""

    found = fetch_of(connector, said, read)
    if isinstance(found, list):
        return [Fault(name, f"{_FETCH}.{setting}".rstrip("."), reason) for setting, reason in found]
    return faults or found


def _listed(said: str | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else said


def _told(message: str) -> tuple[str, str]:
    """Which setting, and what was expected, out of what msgspec says."""
    what, _, where = message.partition(" - at `$.")
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        prefix, names = (f"{_FETCH}.", fetch_names()) if where.startswith(_FETCH) else ("", setting_names())
        return f"{prefix}{unknown[1]}", f"there is no such setting; there are {', '.join(names)}"
    if missing := re.fullmatch(r"Object missing required field `(.*)`", what):
        return missing[1], "is missing"
    return where.rstrip("`"), what[:1].lower() + what[1:].replace("`", "")


def _wrong(said: _Written) -> list[tuple[str, str]]:
    """Settings whose values make no sense, each with what was expected."""
    found: list[tuple[str, str]] = []
    if said.base and not _is_web(said.base):
        found.append(("base", "expected scheme and host, such as https://leads.example.com"))
    found += [
        ("origins", f"expected scheme and host, such as https://www.example.com, got {origin!r}")
        for origin in said.origins
        if not _is_web(origin) or urlsplit(origin).path
    ]
    try:
        ZoneInfo(said.zone)
    except (KeyError, ValueError, OSError):  # a folder of zones is an OSError
        found.append(("zone", f"expected a time zone such as Europe/Bucharest, got {said.zone!r}"))
    if said.country is not None and not re.fullmatch("[A-Z]{2}", said.country):
        found.append(("country", f"expected two capital letters such as RO, got {said.country!r}"))
    if not 1 <= said.rate <= 1_000_000:
        found.append(("rate", f"expected 1 to 1000000 requests a second, got {said.rate}"))
    if said.thanks and not _is_web(said.thanks):
        found.append(("thanks", "expected a page such as https://www.example.com/thanks"))
    return found


def _is_web(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and " " not in text
    return plain and parts.scheme in ("https", "http") and bool(parts.netloc) and parts.username is None
