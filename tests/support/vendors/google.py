"""Google Workspace: forms, a mailbox and a calendar, each with its own way of paging and of forgetting."""

from datetime import datetime
from typing import Any

from aiohttp import web

from events.instants import MINUTE, SECOND, iso, to_us
from tests.support.vendors.google_watches import GoogleWatches
from tests.support.vendors.house import VendorServer, error

FORM_ID, MAILBOX, CALENDAR = "1FAIpQLSd", "sales@example.com", "sales@example.com"
FORM = {
    "formId": FORM_ID, "info": {"title": "Talk to us"},
    "items": [{"title": "Company", "questionItem": {"question": {"questionId": "q1"}}}],
}  # fmt: skip


class Google(VendorServer):
    """What one account can see."""

    token_path = "/token"

    def __init__(self, now: int, each: int) -> None:
        super().__init__(now)
        self.responses: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.events: dict[str, dict[str, Any]] = {}
        self.history, self.versions = 1000, dict[str, int]()
        self.oldest = 0
        self.watches = GoogleWatches(self)
        for number in range(each):
            self.happen(now - (each - number) * MINUTE)

    def happen(self, at: int) -> None:
        """Somebody answers the form, writes and is met."""
        number = len(self.responses) + 1
        self.history += 1
        address = f"g{number}@customer.example"
        self.responses[f"r{number}"] = {
            "responseId": f"r{number}", "createTime": iso(at), "lastSubmittedTime": iso(at), "respondentEmail": address,
            "answers": {"q1": {"questionId": "q1", "textAnswers": {"answers": [{"value": f"Company {number}"}]}}},
        }  # fmt: skip
        headers = [{"name": "From", "value": f"Ada <{address}>"}, {"name": "To", "value": MAILBOX}]
        self.messages[f"m{number}"] = {
            "id": f"m{number}", "threadId": "t", "labelIds": ["INBOX"], "internalDate": str(at // 1000),
            "snippet": "what nobody outside should read", "payload": {"headers": headers}, "_history": self.history,
        }  # fmt: skip
        self.meet(f"e{number}", at, address)

    def meet(self, identity: str, at: int, address: str) -> None:
        """A meeting is made, or changed."""
        self.history += 1
        self.events[identity] = {
            "id": identity, "iCalUID": f"{identity}@google.com", "status": "confirmed", "created": iso(at),
            "updated": iso(self.now), "summary": "what nobody outside should read", "organizer": {"email": CALENDAR},
            "attendees": [{"email": CALENDAR, "self": True}, {"email": address}],
            "start": {"dateTime": iso(at)}, "end": {"dateTime": iso(at + 30 * MINUTE)}, "_version": self.history,
        }  # fmt: skip

    def change(self) -> None:
        """Somebody changes their answers; and somebody new comes."""
        self.responses["r1"]["lastSubmittedTime"] = iso(self.now - SECOND)
        self.happen(self.now - SECOND)

    def forget(self) -> None:
        super().forget()
        self.oldest = self.history

    def everybody(self) -> set[str]:
        return {f"google_forms:{each}" for each in self.responses}

    def add_routes(self, app: web.Application) -> None:
        self.watches.add_routes(app)
        add = app.router.add_get
        add("/v1/forms/{id}", self._form)
        add("/v1/forms/{id}/responses", self._responses)
        add("/gmail/v1/users/{user}/profile", self._profile)
        add("/gmail/v1/users/{user}/history", self._history)
        add("/gmail/v1/users/{user}/messages", self._list)
        add("/gmail/v1/users/{user}/messages/{id}", self._message)
        add("/calendar/v3/calendars/{id}/events", self._events)

    async def _form(self, request: web.Request) -> web.Response:
        return web.json_response(FORM) if request.match_info["id"] == FORM_ID else error(404, error={"code": 404})

    async def _responses(self, request: web.Request) -> web.Response:
        name, operator, since = request.query["filter"].split(" ")
        if name != "timestamp" or operator != ">=" or not since.endswith("Z"):
            return error(400, error={"code": 400, "status": "INVALID_ARGUMENT"})
        start = self._start(request, "pageToken", request.query["filter"])
        if start is None:
            return error(400, error={"code": 400, "status": "INVALID_ARGUMENT"})
        at = to_us(datetime.fromisoformat(since))
        # In no order that anybody has promised.
        found = sorted(
            (
                each
                for each in self.responses.values()
                if to_us(datetime.fromisoformat(each["lastSubmittedTime"])) >= at
            ),
            key=lambda each: each["responseId"][::-1],
        )
        return self._paged("responses", found, start, int(request.query["pageSize"]), request.query["filter"])

    def _start(self, request: web.Request, name: str, about: str) -> int | None:
        token = request.query.get(name)
        if token is None:
            return 0
        found = self.placed(token)
        return None if found is None or found["about"] != about else int(found["start"])

    def _paged(self, name: str, found: list[Any], start: int, size: int, about: str, **more: Any) -> web.Response:
        told: dict[str, Any] = {name: found[start : start + size]}
        if start + size < len(found):
            told["nextPageToken"] = self.place(start=start + size, about=about)
        else:
            told |= more
        return web.json_response(told)

    async def _profile(self, request: web.Request) -> web.Response:
        return web.json_response({"emailAddress": request.match_info["user"], "historyId": str(self.history)})

    async def _list(self, request: web.Request) -> web.Response:
        start = self._start(request, "pageToken", request.query["q"])
        if start is None:
            return error(400, error={"code": 400})
        after = int(request.query["q"].removeprefix("after:")) * 1000
        found = [{"id": key} for key, each in sorted(self.messages.items()) if int(each["internalDate"]) >= after]
        return self._paged("messages", found, start, int(request.query["maxResults"]), request.query["q"])

    async def _history(self, request: web.Request) -> web.Response:
        since = request.query["startHistoryId"]
        start = self._start(request, "pageToken", since)
        if int(since) < self.oldest or start is None:
            return error(404, error={"code": 404, "status": "NOT_FOUND"})
        found = [
            {"messagesAdded": [{"message": {"id": each["id"]}}]}
            for each in self.messages.values() if each["_history"] > int(since)
        ]  # fmt: skip
        size = int(request.query["maxResults"])
        more = {} if start + size < len(found) else {"historyId": str(self.history)}
        return self._paged("history", found, start, size, since, **more)

    async def _message(self, request: web.Request) -> web.Response:
        found = self.messages.get(request.match_info["id"])
        if found is None:
            return error(404, error={"code": 404})
        if request.query["format"] != "metadata":
            return error(400, error={"code": 400})
        names = request.query["fields"].replace("payload/headers", "payload").split(",")
        return web.json_response({name: found[name] for name in names if name in found})

    async def _events(self, request: web.Request) -> web.Response:
        sync, size = request.query.get("syncToken"), int(request.query["maxResults"])
        since = -1
        if sync is not None:
            place = self.placed(sync)
            if place is None or "timeMin" in request.query:
                return error(410, error={"code": 410, "errors": [{"reason": "fullSyncRequired"}]})
            since = place["version"]
        start = self._start(request, "pageToken", sync or "")
        if start is None:
            return error(400, error={"code": 400})
        names = request.query["fields"].partition("items(")[2]
        found = [
            {name: value for name, value in each.items() if name in names}
            for each in sorted(self.events.values(), key=lambda each: each["_version"]) if each["_version"] > since
        ]  # fmt: skip
        return self._paged("items", found, start, size, sync or "", nextSyncToken=self.place(version=self.history))
