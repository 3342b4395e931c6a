"""Watches of Google: of a mailbox, of forms by their ids, and channels of calendars that nobody can renew."""

from dataclasses import dataclass

from aiohttp import web

from events.instants import DAY, SECOND, iso
from tests.support.vendors.house import HOOK, SECRET, VendorServer, error

TOPIC = "projects/our-project/topics/changes"


@dataclass
class Watch:
    """One of them.

    Attributes:
        about: kind and id of what is watched.
        to: topic or address.
        until: when it ends, microseconds.
        resource: what a channel is stopped with.
    """

    about: tuple[str, str]
    to: str
    until: int
    resource: str = ""


class GoogleWatches:
    """Those that there are, and were.

    Args:
        server: its clock is theirs.

    Attributes:
        made: by id, in the order in which they were made; ended ones too.
        life: of a new one, microseconds.
        refusing: whether nothing is watched any more, as where a right was taken away.
    """

    def __init__(self, server: VendorServer) -> None:
        self._server, self.life, self.refusing = server, 7 * DAY, False
        self.made: dict[str, Watch] = {}

    def living(self, kind: str, identity: str) -> list[str]:
        """Ids of the watches of something that announce now."""
        return [
            name for name, each in self.made.items() if each.about == (kind, identity) and each.until > self._server.now
        ]

    def add_routes(self, app: web.Application) -> None:
        add = app.router.add_post
        add("/gmail/v1/users/{id}/watch", self._mailbox)
        add("/gmail/v1/users/{id}/stop", self._stop_mailbox)
        app.router.add_get("/v1/forms/{id}/watches", self._forms)
        add("/v1/forms/{id}/watches", self._form)
        add(r"/v1/forms/{id}/watches/{watch:[^:/]+}:renew", self._renew_form)
        app.router.add_delete("/v1/forms/{id}/watches/{watch}", self._delete_form)
        add("/calendar/v3/calendars/{id}/events/watch", self._channel)
        add("/calendar/v3/channels/stop", self._stop_channel)

    def _new(self, name: str, kind: str, identity: str, to: str, resource: str = "") -> Watch:
        self.made[name] = Watch((kind, identity), to, self._server.now + self.life, resource)
        return self.made[name]

    async def _mailbox(self, request: web.Request) -> web.Response:
        said, user = await request.json(), request.match_info["id"]
        if self.refusing or not said["topicName"].startswith("projects/"):
            return error(403, error={"code": 403, "status": "PERMISSION_DENIED"})
        for name in self.living("mailbox", user):
            if self.made[name].to != said["topicName"]:
                message = "Only one user push notification client allowed per developer (call /stop then try again)"
                return error(400, error={"code": 400, "status": "INVALID_ARGUMENT", "message": message})
        found = self._new(f"mailbox of {user}", "mailbox", user, said["topicName"])
        return web.json_response({"historyId": "1", "expiration": str(found.until // 1000)})

    async def _stop_mailbox(self, request: web.Request) -> web.Response:
        self.made.pop(f"mailbox of {request.match_info['id']}", None)
        return web.Response(status=204)

    def _shown(self, name: str) -> dict[str, object]:
        found = self.made[name]
        return {
            "id": name, "target": {"topic": {"topicName": found.to}}, "eventType": "RESPONSES", "state": "ACTIVE",
            "expireTime": iso(found.until),
        }  # fmt: skip

    async def _forms(self, request: web.Request) -> web.Response:
        living = self.living("form", request.match_info["id"])
        return web.json_response({"watches": [self._shown(name) for name in living]} if living else {})

    async def _form(self, request: web.Request) -> web.Response:
        said, form = (await request.json())["watch"], request.match_info["id"]
        if self.refusing:
            return error(403, error={"code": 403, "status": "PERMISSION_DENIED"})
        if self.living("form", form) or said["eventType"] != "RESPONSES":
            return error(400, error={"code": 400, "status": "FAILED_PRECONDITION"})
        name = f"w{len(self.made)}"
        self._new(name, "form", form, said["target"]["topic"]["topicName"])
        return web.json_response(self._shown(name))

    async def _renew_form(self, request: web.Request) -> web.Response:
        name = request.match_info["watch"]
        if self.refusing:
            return error(403, error={"code": 403, "status": "PERMISSION_DENIED"})
        if name not in self.living("form", request.match_info["id"]) or await request.read():
            return error(404, error={"code": 404, "status": "NOT_FOUND"})
        self.made[name].until = self._server.now + self.life
        return web.json_response(self._shown(name))

    async def _delete_form(self, request: web.Request) -> web.Response:
        found = self.made.pop(request.match_info["watch"], None)
        return web.json_response({}) if found else error(404, error={"code": 404})

    async def _channel(self, request: web.Request) -> web.Response:
        said, calendar = await request.json(), request.match_info["id"]
        if self.refusing:
            return error(403, error={"code": 403, "errors": [{"reason": "forbidden"}]})
        if said["id"] in self.made:
            return error(400, error={"code": 400, "errors": [{"reason": "channelIdNotUnique"}]})
        if said["type"] != "web_hook" or said["token"] != SECRET or not said["address"].endswith(HOOK):
            return error(400, error={"code": 400, "errors": [{"reason": "push.webhookUrlUnauthorized"}]})
        found = self._new(said["id"], "calendar", calendar, said["address"], f"resource of {calendar}")
        found.until = self._server.now + min(self.life, int(said["params"]["ttl"]) * SECOND)
        return web.json_response(
            {
                "kind": "api#channel", "id": said["id"], "resourceId": found.resource, "token": said["token"],
                "expiration": str(found.until // 1000),
            }
        )  # fmt: skip

    async def _stop_channel(self, request: web.Request) -> web.Response:
        said = await request.json()
        found = self.made.get(said["id"])
        if found is None or found.resource != said["resourceId"] or found.until <= self._server.now:
            return error(404, error={"code": 404, "errors": [{"reason": "channelUnknown"}]})
        found.until = self._server.now
        return web.Response(status=204)
