"""Leads of Salesforce by SOQL: those whose change was not told, and all as they change; long answers have pages."""

import re
from urllib.parse import urlsplit

from events.instants import iso
from leadstream.connectors import salesforce, salesforce_records
from leadstream.connectors.reading import Doc
from leadstream.fetching import windows
from leadstream.fetching.answers import retry_after, standard
from leadstream.fetching.port import (
    Answer,
    Asked,
    Denied,
    Kind,
    Page,
    Refused,
    Request,
    Setup,
    Turn,
    Vendor,
    Wait,
    get,
    ok,
)
from leadstream.fetching.tokens import by_client
from leadstream.salesforce_ids import long_id

_FIELDS = (
    "Id", "Name", "FirstName", "LastName", "Email", "Phone", "MobilePhone", "Title", "Company", "Website", "Industry",
    "NumberOfEmployees", "Country", "PostalCode", "City", "State", "Rating", "Description", "Status", "LeadSource",
    "IsConverted", "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId", "HasOptedOutOfEmail",
    "DoNotCall", "HasOptedOutOfFax", "CreatedDate", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,100}")
_LIMITS = (b"REQUEST_LIMIT_EXCEEDED", b"TXN_SECURITY_METERING_ERROR")
_PAUSE = 60.0


def leads(asked: Asked) -> Turn:
    """Leads by their ids."""
    ids = [identity for identity in asked.ids if long_id(identity) is not None]
    chosen = ", ".join(f"'{identity}'" for identity in ids)
    answer = yield _query(asked.setup, f"{_select(asked.setup)} WHERE Id IN ({chosen})")
    found = ok(answer, "the leads")
    if not found.flag("done"):
        raise Refused(200, "the leads: the answer has several pages; expected one")
    there = {each.text("Id") for each in found.docs("records")}
    return Page(
        body=answer.body if there else b"",
        path=_path(asked.setup),
        connector=salesforce_records.NAME,
        missing=tuple(each for each in asked.ids if long_id(each) not in there),
    )


def changed(asked: Asked) -> Turn:
    """The next page of leads in the order in which they were changed."""
    cursor, following = asked.cursor, str(asked.cursor.get("next", ""))
    soql = f"{_select(asked.setup)} WHERE SystemModstamp >= {iso(windows.since(asked) // 1_000_000 * 1_000_000)}"
    answer = yield (
        Request(url=f"{asked.setup.base}{following}", headers=_options(asked.setup))
        if following
        else _query(asked.setup, f"{soql} ORDER BY SystemModstamp, Id")
    )
    if following and answer.status in (400, 404):  # a locator ends after two days, or when ten others were made
        return windows.begun(asked)
    found = ok(answer, "the changed leads")
    after = found.text("nextRecordsUrl")
    if after and (urlsplit(after).netloc or not after.startswith("/services/data/")):
        raise Refused(200, "the changed leads: nextRecordsUrl is no path of the API")
    stamps = {each.text("Id"): _stamp(each) for each in found.docs("records")}
    return Page(
        cursor=windows.moved(asked, stamps, {"next": after} if after else {}),
        body=answer.body if windows.is_new(cursor, stamps) else b"",
        path=_path(asked.setup),
        connector=salesforce_records.NAME,
        more=bool(after),
    )


def _select(setup: Setup) -> str:
    names = [name for name in dict.fromkeys((*_FIELDS, *setup.properties)) if _NAME.fullmatch(name)]
    return f"SELECT {', '.join(names)} FROM Lead"  # noqa: S608 - names of fields alone


def _query(setup: Setup, soql: str) -> Request:
    return get(setup, _path(setup), ("q", soql), headers=_options(setup))


def _path(setup: Setup) -> str:
    return f"/services/data/v{setup.version}/query"


def _options(setup: Setup) -> tuple[tuple[str, str], ...]:
    return (("sforce-query-options", f"batchSize={min(max(setup.size, 200), 2000)}"),)


def _stamp(record: Doc) -> int:
    return windows.stamp(record.text("SystemModstamp"), "the changed leads: one of them has no SystemModstamp")


def judge(answer: Answer, now: int) -> Wait | Denied | None:
    """As HTTP has it; the limit of a day is told as 403, without a time."""
    if answer.status == 403 and any(word in answer.body for word in _LIMITS):
        return Wait(retry_after(answer, now) or _PAUSE, "403, a limit")
    return standard(answer, now)


VENDOR = Vendor(
    name=salesforce.NAME,
    base="",
    token_url="{base}/services/oauth2/token",  # noqa: S106 - an address
    grant=by_client(""),
    kinds={"lead": Kind(leads, most=200), "salesforce_leads": Kind(changed)},
    translators=frozenset({salesforce_records.NAME}),
    judge=judge,
    needs=("base",),
    takes=("client_id", "client_secret"),
    size=200,
    version="62.0",
)
"""Salesforce."""
