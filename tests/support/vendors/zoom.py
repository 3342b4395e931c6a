"""Zoom: registrants of a webinar, newest first, by tokens of pages that end."""

from base64 import b64decode
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from events.instants import HOUR, MINUTE, SECOND, iso
from tests.support.vendors.house import CLIENT, SECRET, VendorServer, error

WEBINAR, ACCOUNT, OCCURRENCE = "91234567890", "our-account", "/u//1=="


class Zoom(VendorServer):
    """One webinar, and its last occurrence: all who are registered attend, and come in twice.

    Attributes:
        strangers: others in the report on who attended.
        written: whether the report is there.
    """

    grant = "account_credentials"

    def __init__(self, now: int, registrants: int) -> None:
        super().__init__(now)
        self.registrants: list[dict[str, Any]] = []
        self.strangers: list[dict[str, Any]] = []
        self.written, self._began = True, now - 2 * HOUR
        for number in range(registrants):
            self.register(now - (registrants - number) * MINUTE)

    def register(self, at: int) -> None:
        """Somebody registers."""
        number = len(self.registrants) + 1
        self.registrants.append({
            "id": f"reg{number}", "email": f"z{number}@example.com", "first_name": "Ada", "status": "approved",
            "create_time": iso(at // SECOND * SECOND),
        })  # fmt: skip

    def change(self) -> None:
        """Somebody registers, before all others in the list."""
        self.register(self.now - SECOND)

    def everybody(self) -> set[str]:
        return {f"zoom.{WEBINAR}:{each['id']}" for each in self.registrants}

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/v2/webinars/{id}", self._webinar)
        app.router.add_get("/v2/webinars/{id}/registrants", self._list)
        app.router.add_get("/v2/report/webinars/{id}", self._report)
        app.router.add_get("/v2/report/webinars/{id}/participants", self._participants)

    def knows(self, request: web.Request, said: dict[str, str]) -> bool:
        basic = b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        return basic == f"{CLIENT}:{SECRET}" and said.get("account_id") == ACCOUNT

    async def _webinar(self, request: web.Request) -> web.Response:
        if request.match_info["id"] != WEBINAR:
            return error(404, code=3001)
        return web.json_response({"id": int(WEBINAR), "uuid": "u/1==", "topic": "Scoring"})

    async def _list(self, request: web.Request) -> web.Response:
        token, size = request.query.get("next_page_token"), int(request.query["page_size"])
        place = {"after": None} if token is None else self.placed(token)
        if place is None:
            return error(400, code=300, message="The next page token is invalid or expired.")
        shown = self.registrants[::-1]
        if place["after"] is not None:
            shown = shown[[each["id"] for each in shown].index(place["after"]) + 1 :]
        further = self.place(after=shown[size - 1]["id"]) if len(shown) > size else ""
        return web.json_response(
            {
                "page_size": size, "total_records": len(self.registrants), "next_page_token": further,
                "registrants": shown[:size],
            }
        )  # fmt: skip

    def participants(self) -> list[dict[str, Any]]:
        """Each stay in the last occurrence."""
        start = self._began
        stays = [
            {
                "id": "", "user_id": f"{number}-{part}", "name": "Ada", "user_email": each["email"],
                "join_time": iso((start + part * 20 * MINUTE) // SECOND * SECOND), "duration": 900,
                "leave_time": iso((start + part * 20 * MINUTE + 15 * MINUTE) // SECOND * SECOND),
                "registrant_id": each["id"], "status": "in_meeting", "failover": False,
            }
            for number, each in enumerate(self.registrants) for part in range(2)
        ]  # fmt: skip
        return stays + self.strangers

    def _of_last(self, request: web.Request) -> bool:
        """Whether a report is asked for by the occurrence, escaped twice for its slashes; or by the webinar."""
        said = request.rel_url.raw_path.split("/")[4]
        return self.written and (said == WEBINAR or ("%25" in said and unquote(unquote(said)) == OCCURRENCE))

    async def _report(self, request: web.Request) -> web.Response:
        if not self._of_last(request):
            return error(404, code=3001)
        told = {"id": int(WEBINAR), "uuid": OCCURRENCE, "topic": "Scoring", "user_email": "host@leads.example"}
        return web.json_response(told)

    async def _participants(self, request: web.Request) -> web.Response:
        if not self._of_last(request):
            return error(404, code=3001)
        token, size = request.query.get("next_page_token"), int(request.query["page_size"])
        place = {"after": 0} if token is None else self.placed(token)
        if place is None:
            return error(400, code=300, message="The next page token is invalid or expired.")
        shown, start = self.participants(), place["after"]
        if request.query.get("include_fields") != "registrant_id":
            shown = [{name: value for name, value in each.items() if name != "registrant_id"} for each in shown]
        further = self.place(after=start + size) if len(shown) > start + size else ""
        return web.json_response(
            {
                "page_size": size, "total_records": len(shown), "next_page_token": further,
                "participants": shown[start : start + size],
            }
        )  # fmt: skip
