"""Salesforce: SOQL over leads, and long answers by locators."""

import re
from datetime import datetime
from typing import Any

from aiohttp import web

from events.instants import MINUTE, SECOND, from_us, to_us
from leadstream.salesforce_ids import long_id
from tests.support.vendors.house import VendorServer, error

_IDS = re.compile(r"WHERE Id IN \(((?:'[A-Za-z0-9]+'(?:, )?)+)\)$")
_SINCE = re.compile(r"WHERE SystemModstamp >= (\S+) ORDER BY SystemModstamp, Id$")


class Salesforce(VendorServer):
    """Leads of one organisation; pages of 200, or fewer."""

    token_path = "/services/oauth2/token"
    grant = "client_credentials"
    page = 200

    def __init__(self, now: int, leads: int, page: int = 200) -> None:
        super().__init__(now)
        self.leads: dict[str, dict[str, Any]] = {}
        self.page = page
        for number in range(leads):
            self.put(_id(number), now - (leads - number) * MINUTE)

    def put(self, identity: str, at: int, **more: str) -> None:
        """A lead is created, or changed."""
        old = self.leads.get(identity, {"CreatedDate": _stamp(at)})
        self.leads[identity] = {
            "attributes": {"type": "Lead", "url": f"/services/data/v62.0/sobjects/Lead/{identity}"}, "Id": identity,
            "Name": "Ada Example", "Email": f"{identity.lower()}@example.com", "Status": "Open", **old,
            "LastModifiedDate": _stamp(at), "SystemModstamp": _stamp(at), **more,
        }  # fmt: skip

    def change(self) -> None:
        """The first lead changes, and a new one comes."""
        self.put(min(self.leads), self.now - SECOND, Title="CTO")
        self.put(_id(len(self.leads)), self.now - SECOND)

    def everybody(self) -> set[str]:
        return {f"salesforce:{each}" for each in self.leads}

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/services/data/v62.0/query", self._query)
        app.router.add_get("/services/data/v62.0/query/{locator}", self._further)

    async def _query(self, request: web.Request) -> web.Response:
        soql = request.query["q"]
        if ids := _IDS.search(soql):
            wanted = {long_id(each.strip(" '")) for each in ids[1].split(",")}
            return self._told([each for key, each in sorted(self.leads.items()) if key in wanted], 0)
        since = _SINCE.search(soql)
        if since is None:
            return error(400, errorCode="MALFORMED_QUERY")
        at = to_us(datetime.fromisoformat(since[1]))
        return self._told(self._changed(at), 0, at)

    async def _further(self, request: web.Request) -> web.Response:
        place = self.placed(request.match_info["locator"])
        if place is None:
            return error(400, errorCode="INVALID_QUERY_LOCATOR")
        frozen = [self.leads[each] for each in place["ids"]]
        return self._told(frozen, place["start"], place["at"])

    def _changed(self, at: int) -> list[dict[str, Any]]:
        found = [each for each in self.leads.values() if to_us(datetime.fromisoformat(each["SystemModstamp"])) >= at]
        return sorted(found, key=lambda each: (each["SystemModstamp"], each["Id"]))

    def _told(self, found: list[dict[str, Any]], start: int, at: int = 0) -> web.Response:
        """A page; the rows of a query are those of when it was made."""
        after = start + self.page
        told: dict[str, Any] = {"totalSize": len(found), "done": after >= len(found), "records": found[start:after]}
        if after < len(found):
            locator = self.place(ids=[each["Id"] for each in found], start=after, at=at)
            told["nextRecordsUrl"] = f"/services/data/v62.0/query/{locator}"
        return web.json_response(told)


def _id(number: int) -> str:
    found = long_id(f"00Q5e00000{number:05d}")
    assert found is not None
    return found


def _stamp(at: int) -> str:
    """`2026-03-02T09:30:00.000+0000`."""
    return f"{from_us(at).strftime('%Y-%m-%dT%H:%M:%S')}.{at // 1000 % 1000:03d}+0000"
