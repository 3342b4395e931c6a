"""Lead Sync of LinkedIn: responses with their forms, newest first, by places in a list."""

import re
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from events.instants import MINUTE, SECOND
from tests.support.vendors.house import VendorServer, error

OWNER = "sponsoredAccount:516413367"
_RANGE = re.compile(r"submittedAtTimeRange=\(start:(\d+),end:(\d+)\)")
_MS = SECOND // 1000
FORM = {
    "id": 3213, "versionId": 2, "hiddenFields": [{"name": "utm_source", "value": "linkedin-abm"}],
    "content": {"questions": [
        {"questionId": 1, "predefinedField": "FIRST_NAME"}, {"questionId": 2, "predefinedField": "WORK_EMAIL"},
    ]},
}  # fmt: skip


class LinkedIn(VendorServer):
    """Leads of one account; `decorates` says whether `form:(...)` brings the form along."""

    grant = "client_credentials"

    def __init__(self, now: int, leads: int, *, decorates: bool = True) -> None:
        super().__init__(now)
        self.decorates, self.made = decorates, 0
        self.leads: dict[str, dict[str, Any]] = {}
        for number in range(leads):
            self.submit(now - (leads - number) * MINUTE)

    def submit(self, at: int) -> str:
        """Somebody submits the form."""
        self.made += 1
        identity = f"0f1e2d3c-26f9-4af3-b1fc-{self.made:012d}-4"
        answers = ("Ada", f"lead{self.made}@example.com")
        self.leads[identity] = {
            "id": identity, "owner": {"sponsoredAccount": "urn:li:sponsoredAccount:516413367"}, "testLead": False,
            "leadType": "SPONSORED", "submittedAt": at // _MS,
            "versionedLeadGenFormUrn": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:3213,2)",
            "formResponse": {"consentResponses": [], "answers": [
                {"questionId": place, "answerDetails": {"textQuestionAnswer": {"answer": answer}}}
                for place, answer in enumerate(answers, 1)
            ]},
        }  # fmt: skip
        return identity

    def change(self) -> None:
        """The newest lead is deleted, so that all others move up; or somebody else submits, so that they move down."""
        if len(self.leads) > 1 and self.made % 2:
            self.leads.pop(max(self.leads))
            self.made += 1
        else:
            self.submit(self.now - 10 * SECOND)

    def everybody(self) -> set[str]:
        return {f"linkedin:{each}" for each in self.leads}

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/rest/leadFormResponses", self._list)
        app.router.add_get("/rest/leadFormResponses/{id}", self._one)
        app.router.add_get("/rest/leadForms/{id}", self._form)

    @staticmethod
    def _wrong(request: web.Request) -> web.Response | None:
        said = request.headers
        if said.get("linkedin-version") != "202606" or said.get("x-restli-protocol-version") != "2.0.0":
            return error(400, status=400, code="VERSION_MISSING")
        return None

    def _shown(self, request: web.Request, lead: dict[str, Any]) -> dict[str, Any]:
        asked = self.decorates and "form:(" in request.query.get("fields", "")
        return {**lead, "form": FORM} if asked else lead

    async def _one(self, request: web.Request) -> web.Response:
        found = self.leads.get(request.match_info["id"])
        if found is None:
            return error(404, status=404, code="NOT_FOUND")
        return self._wrong(request) or web.json_response(self._shown(request, found))

    async def _form(self, request: web.Request) -> web.Response:
        return self._wrong(request) or web.json_response(FORM)

    async def _list(self, request: web.Request) -> web.Response:
        found = _RANGE.search(unquote(request.query_string))
        owner = request.query.get("owner")
        if found is None or request.query.get("q") != "owner" or owner != f"(sponsoredAccount:urn:li:{OWNER})":
            return error(400, status=400, code="ILLEGAL_ARGUMENT")
        if "urn%3Ali%3A" not in request.rel_url.raw_query_string:  # colons of a value have to be escaped
            return error(400, status=400, code="ILLEGAL_ARGUMENT")
        start, count = int(request.query["start"]), int(request.query["count"])
        within = [
            lead for _, lead in sorted(self.leads.items(), reverse=True)
            if int(found[1]) <= lead["submittedAt"] < int(found[2])
        ]  # fmt: skip
        elements = [self._shown(request, lead) for lead in within[start : start + count]]
        paging = {"start": start, "count": count, "total": len(within), "links": []}
        return self._wrong(request) or web.json_response({"paging": paging, "elements": elements})
