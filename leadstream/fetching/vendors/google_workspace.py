"""Google Workspace: forms, mailboxes and calendars."""

from leadstream.connectors import calendar_events, gmail_messages, google_form_responses, google_workspace
from leadstream.fetching.port import Vendor
from leadstream.fetching.tokens import refreshed
from leadstream.fetching.vendors import gmail, google_calendar, google_forms
from leadstream.fetching.vendors.google import judge

VENDOR = Vendor(
    name=google_workspace.NAME,
    base="",
    token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
    grant=refreshed,
    kinds={
        "google_form_responses": google_forms.KIND,
        "gmail_history": gmail.KIND,
        "google_calendar_events": google_calendar.KIND,
    },
    translators=frozenset({google_form_responses.NAME, gmail_messages.NAME, calendar_events.NAME}),
    judge=judge,
    size=100,
)
"""Google Workspace."""
