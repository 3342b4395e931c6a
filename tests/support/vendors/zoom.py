"""Zoom: registrants of a webinar, newest first, by tokens of pages that end."""

from base64 import b64decode
from typing import Any

from aiohttp import web

from events.instants import MINUTE, SECOND, iso
from tests.support.vendors.house import CLIENT, SECRET, VendorServer, error

WEBINAR, ACCOUNT = "91234567890", "our-account"


class Zoom(VendorServer):
    """One webinar."""

    grant = "account_credentials"

    def __init__(self, now: int, registrants: int) -> None:
        super().__init__(now)
        self.registrants: list[dict[str, Any]] = []
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
