"""Tokens of OAuth 2.0 (RFC 6749), pure: the requests for them, and what is in the answers."""

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from events.instants import SECOND
from leadstream.fetching.port import Answer, Credentials, Refused, Request, Setup, ok

_EARLY = 60
"""Seconds before its end in which a token is not used any more."""
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Attributes:
        text: the token.
        ends: when it is to be renewed, microseconds; None where nobody knows.
        refresh: the next refresh token, if the answer has one.
    """

    text: str = field(repr=False)
    ends: int | None = None
    refresh: str = field(default="", repr=False)

    def holds(self, now: int) -> bool:
        """Whether it is to be used still."""
        return self.ends is None or now < self.ends


def refreshed(credentials: Credentials, _setup: Setup) -> Request:
    """Grant `refresh_token`, section 6: for vendors where a person has allowed our app in."""
    return _form(
        credentials.url,
        grant_type="refresh_token",
        client_id=credentials.client_id,
        client_secret=credentials.client_secret,
        refresh_token=credentials.refresh_token,
    )


def by_account(credentials: Credentials, setup: Setup) -> Request:
    """Grant `account_credentials` of Zoom: an app of one account, which says who it is by Basic authentication."""
    basic = b64encode(f"{quote_plus(credentials.client_id)}:{quote_plus(credentials.client_secret)}".encode()).decode()
    request = _form(credentials.url, grant_type="account_credentials", account_id=setup.account)
    return Request(
        method="POST",
        url=request.url,
        body=request.body,
        media_type=_FORM,
        headers=(("authorization", f"Basic {basic}"),),
    )


def by_client(scope: str) -> "ByClient":
    """Grant `client_credentials`, section 4.4, for a scope."""
    return ByClient(scope)


@dataclass(frozen=True, slots=True)
class ByClient:
    """Makes requests for tokens of the app itself; of a refresh token where there is one."""

    scope: str = ""

    def __call__(self, credentials: Credentials, setup: Setup) -> Request:
        """The request."""
        if credentials.refresh_token:
            return refreshed(credentials, setup)
        more = {"scope": self.scope} if self.scope else {}
        return _form(
            credentials.url,
            grant_type="client_credentials",
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
            **more,
        )


def token_of(answer: Answer, now: int) -> Token:
    """The token in an answer.

    Raises:
        Refused: there is none; the credentials are not taken.
    """
    found = ok(answer, "the request for a token")
    text, seconds = found.text("access_token"), found.text("expires_in")
    if not text:
        raise Refused(answer.status, "the request for a token: the answer has none")
    ends = now + max(0, int(seconds) - _EARLY) * SECOND if seconds.isdecimal() and len(seconds) < 12 else None
    return Token(text, ends, found.text("refresh_token"))


def _form(url: str, **fields: str) -> Request:
    return Request(method="POST", url=url, body=urlencode(fields).encode(), media_type=_FORM)
