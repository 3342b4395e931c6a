"""Microsoft Graph: contacts of a mailbox, one by one and by delta queries."""

from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from events.instants import MINUTE, SECOND, iso
from tests.support.vendors.graph_subscriptions import GraphSubscriptions
from tests.support.vendors.house import VendorServer, error

USER, TENANT = "ada@example.com", "contoso"
FOLDER = f"users/{USER}/contacts"


class Graph(VendorServer):
    """One mailbox."""

    token_path = f"/{TENANT}/oauth2/v2.0/token"
    grant = "client_credentials"
    link_base = ""

    def __init__(self, now: int, contacts: int) -> None:
        super().__init__(now)
        self.contacts: dict[str, dict[str, Any]] = {}
        self.watches = GraphSubscriptions(self)
        self.version, self.versions, self.renewed = 0, dict[str, int](), list[str]()
        for number in range(contacts):
            self.put(f"AAMk{number:04d}", now - (contacts - number) * MINUTE)

    def put(self, identity: str, at: int, **more: str) -> None:
        """A contact is created, or changed."""
        self.version += 1
        self.versions[identity] = self.version
        old = self.contacts.get(identity, {"createdDateTime": iso(at)})
        self.contacts[identity] = {
            "id": identity, "givenName": "Ada", "emailAddresses": [{"address": f"{identity.lower()}@customer.example"}],
            **old, "lastModifiedDateTime": iso(at), **more,
        }  # fmt: skip

    def remove(self, identity: str) -> None:
        """A contact is deleted."""
        self.version += 1
        self.versions[identity] = self.version
        del self.contacts[identity]

    def change(self) -> None:
        """The first contact changes, and a new one comes."""
        first = min(self.contacts)
        self.put(first, self.now - SECOND, jobTitle="CTO")
        self.put(f"AAMk{len(self.versions):04d}", self.now - SECOND)

    def everybody(self) -> set[str]:
        return {f"outlook:{each}" for each in self.contacts}

    def add_routes(self, app: web.Application) -> None:
        self.watches.add_routes(app)
        app.router.add_get(f"/v1.0/{FOLDER}/delta", self._delta)
        app.router.add_get(f"/v1.0/{FOLDER}/{{id}}", self._one)
        app.router.add_get("/v1.0/Users/{user}/Contacts/{id}", self._one)
        app.router.add_get("/v1.0/users/{user}", self._user)
        app.router.add_post("/v1.0/subscriptions/{id}/reauthorize", self._reauthorize)

    def knows(self, request: web.Request, said: dict[str, str]) -> bool:
        return super().knows(request, said) and said.get("scope") == "https://graph.microsoft.com/.default"

    async def _user(self, _request: web.Request) -> web.Response:
        return web.json_response({"mail": USER, "userPrincipalName": USER})

    async def _reauthorize(self, request: web.Request) -> web.Response:
        self.renewed.append(request.match_info["id"])
        return web.Response(status=200)

    async def _one(self, request: web.Request) -> web.Response:
        found = self.contacts.get(request.match_info["id"])
        return error(404, error={"code": "ErrorItemNotFound"}) if found is None else web.json_response(found)

    async def _delta(self, request: web.Request) -> web.Response:
        said = dict(parse_qsl(request.query_string))
        token = said.get("$skiptoken") or said.get("$deltatoken")
        place: dict[str, Any] | None = {"since": 0, "upto": self.version, "after": 0}
        if token is not None:
            place = self.placed(token)
            if place is None:
                return error(410, error={"code": "SyncStateNotFound"})
            if "$deltatoken" in said:
                place = {"since": place["upto"], "upto": self.version, "after": place["upto"]}
        assert place is not None
        size = int(request.headers["prefer"].removeprefix("odata.maxpagesize="))
        # What changes while the pages are read comes with the next delta query.
        due = sorted(
            (version, each) for each, version in self.versions.items() if place["after"] < version <= place["upto"]
        )
        value = [self.contacts.get(each, {"id": each, "@removed": {"reason": "deleted"}}) for _, each in due[:size]]
        told: dict[str, Any] = {"value": value}
        base = f"{self.link_base or f'http://{request.host}'}/v1.0/{FOLDER}/delta"
        if len(due) > size:
            further = self.place(since=place["since"], upto=place["upto"], after=due[size - 1][0])
            told["@odata.nextLink"] = f"{base}?$skiptoken={further}"
        else:
            told["@odata.deltaLink"] = f"{base}?$deltatoken={self.place(upto=place['upto'])}"
        return web.json_response(told)
