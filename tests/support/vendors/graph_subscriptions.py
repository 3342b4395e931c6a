"""Subscriptions of Microsoft Graph: it tries the address before it makes one, and shows nobody its secret."""

from datetime import datetime
from typing import Any

from aiohttp import ClientSession, web

from events.instants import MINUTE, iso, to_us
from leadstream.connectors.port import Raw, Trust
from leadstream.connectors.registry import CONNECTORS
from tests.support.vendors.house import HOOK, SECRET, VendorServer, error

LONGEST = 10_080 * MINUTE


class GraphSubscriptions:
    """Those that there are, and were.

    Args:
        server: its clock is theirs.

    Attributes:
        made: by id, in the order in which they were made; ended ones too.
        refusing: whether none is made or renewed.
    """

    def __init__(self, server: VendorServer) -> None:
        self._server, self.refusing = server, False
        self.made: dict[str, dict[str, Any]] = {}
        self._number = 0

    def living(self, resource: str) -> list[str]:
        """Ids of the subscriptions to a folder that announce now."""
        return [name for name, each in self.made.items() if each["resource"] == resource and self._lives(each)]

    def _lives(self, each: dict[str, Any]) -> bool:
        return to_us(datetime.fromisoformat(each["expirationDateTime"])) > self._server.now

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/v1.0/subscriptions", self._list)
        app.router.add_post("/v1.0/subscriptions", self._make)
        app.router.add_patch("/v1.0/subscriptions/{id}", self._renew)
        app.router.add_delete("/v1.0/subscriptions/{id}", self._delete)
        app.router.add_post(HOOK, _our_way_in)

    async def _list(self, request: web.Request) -> web.Response:
        """Two to a page; the rest stands behind a link."""
        found = [{**each, "clientState": None} for each in self.made.values() if self._lives(each)]
        start = int(request.query.get("$skiptoken", "0"))
        told: dict[str, Any] = {"value": found[start : start + 2]}
        if start + 2 < len(found):
            told["@odata.nextLink"] = f"http://{request.host}/v1.0/subscriptions?$skiptoken={start + 2}"
        return web.json_response(told)

    def _fits(self, until: str) -> bool:
        return self._server.now < to_us(datetime.fromisoformat(until)) <= self._server.now + LONGEST

    async def _make(self, request: web.Request) -> web.Response:
        said = await request.json()
        if self.refusing:
            return error(403, error={"code": "ExtensionError"})
        wanted = ("changeType", "notificationUrl", "resource", "expirationDateTime")
        if not all(said.get(name) for name in wanted) or not self._fits(said["expirationDateTime"]):
            return error(400, error={"code": "InvalidRequest"})
        if "calendarview" in said["resource"].lower():
            return error(400, error={"code": "ExtensionError"})
        for url in (said["notificationUrl"], said["lifecycleNotificationUrl"]):
            async with ClientSession() as session, session.post(url, params={"validationToken": "a b:c"}) as answer:
                if answer.status != 200 or answer.content_type != "text/plain" or await answer.text() != "a b:c":
                    return error(400, error={"code": "ValidationError"})
        if said["clientState"] != SECRET or len(said["clientState"]) > 128:
            return error(400, error={"code": "InvalidRequest"})
        self._number += 1
        made = {**said, "id": f"s{self._number}", "applicationId": "our-app"}
        self.made[made["id"]] = made
        return web.json_response({**made, "@odata.context": "x"}, status=201)

    async def _renew(self, request: web.Request) -> web.Response:
        said, name = await request.json(), request.match_info["id"]
        if self.refusing:
            return error(403, error={"code": "ExtensionError"})
        if name not in self.made or not self._lives(self.made[name]):
            return error(404, error={"code": "ResourceNotFound"})
        if not self._fits(said["expirationDateTime"]) or set(said) != {"expirationDateTime"}:
            return error(400, error={"code": "InvalidRequest"})
        self.made[name] |= said
        return web.json_response({**self.made[name], "clientState": None})

    def remove(self, name: str) -> None:
        """It is gone, before its time."""
        self.made[name]["expirationDateTime"] = iso(self._server.now)

    async def announce(self, name: str, **said: str) -> int:
        """Tell the address of a subscription of something; gives the status of its answer."""
        made = self.made[name]
        url = made["lifecycleNotificationUrl" if "lifecycleEvent" in said else "notificationUrl"]
        value = {"subscriptionId": name, "clientState": made["clientState"], "tenantId": "t", **said}
        async with ClientSession() as session, session.post(url, json={"value": [value]}) as answer:
            return answer.status

    async def _delete(self, request: web.Request) -> web.Response:
        found = self.made.get(request.match_info["id"])
        if found is None or not self._lives(found):
            return error(404, error={"code": "ResourceNotFound"})
        self.remove(found["id"])
        return web.Response(status=204)


async def _our_way_in(request: web.Request) -> web.Response:
    """The gateway's answer to whoever tries the address."""
    raw = Raw(
        connector="microsoft_graph", endpoint="there", received_at=0, method="POST", path=HOOK,
        query=request.rel_url.raw_query_string, body=await request.read(),
    )  # fmt: skip
    challenge = CONNECTORS["microsoft_graph"].challenge
    assert challenge is not None
    reply = challenge(raw, Trust(secrets=(SECRET,)))
    assert reply is not None
    return web.Response(status=reply.status, body=reply.body, headers={"Content-Type": reply.media_type})
