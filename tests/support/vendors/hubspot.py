"""HubSpot: contacts by id, a deal with whom it is, and a search whose list changes while it is read."""

from datetime import datetime
from typing import Any

from aiohttp import web

from events.instants import MINUTE, SECOND, iso, to_us
from tests.support.vendors.house import VendorServer, error

_MS = SECOND // 1000


class HubSpot(VendorServer):
    """Contacts and deals of one portal."""

    token_path = "/oauth/v1/token"

    def __init__(self, now: int, contacts: int, *, at_once: int = 1) -> None:
        super().__init__(now)
        self.contacts: dict[str, dict[str, Any]] = {}
        self.deals: dict[str, dict[str, Any]] = {}
        for number in range(contacts):
            self.put(str(101 + number), now - (contacts - number // at_once * at_once) * MINUTE)

    def put(self, identity: str, at: int, **more: str) -> None:
        """A contact is created, or changed."""
        stamp = iso(at // _MS * _MS)
        old = self.contacts.get(identity, {}).get("properties", {})
        properties = {
            "createdate": stamp, "email": f"c{identity}@example.com", "firstname": "Ada", "hs_object_id": identity,
            **old, "lastmodifieddate": stamp, **more,
        }  # fmt: skip
        self.contacts[identity] = {
            "id": identity, "properties": properties, "createdAt": properties["createdate"], "updatedAt": stamp,
            "archived": False,
        }  # fmt: skip

    def change(self) -> None:
        """The contact that was changed longest ago changes, and so moves behind all others; and a new one comes."""
        oldest = min(self.contacts, key=lambda each: (self._at(each), int(each)))
        self.put(oldest, self.now - SECOND, jobtitle="CTO")
        self.put(str(max(map(int, self.contacts)) + 1), self.now - SECOND)

    def _at(self, identity: str) -> str:
        return str(self.contacts[identity]["properties"]["lastmodifieddate"])

    def everybody(self) -> set[str]:
        return {f"hubspot.4737818:{each}" for each in self.contacts}

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/crm/v3/objects/contacts/batch/read", self._batch)
        app.router.add_post("/crm/v3/objects/contacts/search", self._search)
        app.router.add_get("/crm/v3/objects/deals/{id}", self._deal)

    @staticmethod
    def _shown(contact: dict[str, Any], names: list[str]) -> dict[str, Any]:
        found = contact["properties"]
        always = ("createdate", "hs_object_id", "lastmodifieddate")
        return {**contact, "properties": {name: found.get(name) for name in dict.fromkeys((*names, *always))}}

    async def _batch(self, request: web.Request) -> web.Response:
        said = await request.json()
        ids = [each["id"] for each in said["inputs"]]
        if not 1 <= len(ids) <= 100 or not all(each.isdecimal() for each in ids):
            return error(400, status="error", category="VALIDATION_ERROR")
        results = [self._shown(self.contacts[each], said["properties"]) for each in ids if each in self.contacts]
        missing = [each for each in ids if each not in self.contacts]
        told: dict[str, Any] = {"status": "COMPLETE", "results": results}
        if missing:
            told |= {"numErrors": 1, "errors": [{"category": "OBJECT_NOT_FOUND", "context": {"ids": missing}}]}
        return web.json_response(told, status=207 if missing else 200)

    async def _deal(self, request: web.Request) -> web.Response:
        found = self.deals.get(request.match_info["id"])
        if found is None:
            return error(404, status="error", category="OBJECT_NOT_FOUND")
        if request.query.get("associations") != "contacts,companies":
            return web.json_response({**found, "associations": None})
        return web.json_response(found)

    async def _search(self, request: web.Request) -> web.Response:
        said = await request.json()
        ((group,), (order,)) = said["filterGroups"], said["sorts"]
        found = [each for each in self.contacts.values() if all(_holds(each, one) for one in group["filters"])]
        found.sort(key=lambda each: _value(each, order["propertyName"]))
        start, limit = int(said.get("after", 0)), said["limit"]
        if start + limit > 10_000 or not 1 <= limit <= 200:
            return error(400, status="error", category="VALIDATION_ERROR")
        told: dict[str, Any] = {
            "total": len(found),
            "results": [self._shown(each, said["properties"]) for each in found[start : start + limit]],
        }
        if start + limit < len(found):
            told["paging"] = {"next": {"after": str(start + limit)}}
        return web.json_response(told)


def _value(contact: dict[str, Any], name: str) -> int:
    text = contact["properties"][name]
    return int(text) if name == "hs_object_id" else to_us(datetime.fromisoformat(text)) // _MS


def _holds(contact: dict[str, Any], said: dict[str, str]) -> bool:
    value, wanted = _value(contact, said["propertyName"]), int(said["value"])
    return {"GTE": value >= wanted, "GT": value > wanted, "EQ": value == wanted}[said["operator"]]
