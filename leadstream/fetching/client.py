"""Requests to a vendor over HTTP: tokens are got and renewed, pauses kept, trouble that passes is waited out.

The only place that opens a socket. Time, pauses and chance are given; a secret is in no message that leaves it.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx
import msgspec
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from leadstream.fetching.configured import Fetch
from leadstream.fetching.kept_tokens import Busy, NotKept, Place
from leadstream.fetching.port import Answer, Credentials, Denied, Refused, Request, Wait
from leadstream.fetching.tokens import Token, token_of

if TYPE_CHECKING:
    from leadstream.fetching.around import Surroundings

_SEE = "see to the credentials of this way in"
_AGAIN_LET_IN = (
    "the refresh token that the vendor gave last is not taken any more; let the app in again and configure the new one"
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How much trouble is waited out with one request.

    Attributes:
        attempts: requests at most.
        first: seconds of the first pause where the vendor names none; each further one is twice as long.
        longest: seconds of a pause, at most; who asks for more is asked later, and others meanwhile.
        timeout: seconds until a silent vendor is given up.
        largest: bytes of an answer.
    """

    attempts: int = 6
    first: float = 1.0
    longest: float = 60.0
    timeout: float = 30.0
    largest: int = 8 << 20


class Trouble(Exception):
    """The vendor cannot be read from now. Nothing is given up.

    Args:
        why: in words.
        seconds: after which it is worth while again; None where nobody knows.
    """

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds


class NotLetIn(Trouble):
    """The credentials are not taken, and a person has to see to it."""


class TooLarge(Exception):
    """An answer is larger than what is taken."""


class _Again(Exception):
    """To be tried again."""

    def __init__(self, why: str, seconds: float | None) -> None:
        super().__init__(why)
        self.seconds = seconds


class Client:
    """Speaks to one vendor for one way in, one request at a time.

    Args:
        http: the connections.
        fetch: whose API, and how we prove who we are.
        around: clock, pauses and chance.
        secret: what proves notifications to be the vendor's, for requests that ask for them.
    """

    def __init__(self, http: httpx.AsyncClient, fetch: Fetch, around: "Surroundings", secret: str = "") -> None:
        self._http, self._fetch, self._secret = http, fetch, secret
        self._clock, self._pause, self._chance = around.clock, around.pause, around.chance
        self._patience = around.patience
        self._credentials, self._tokens, self._unkept = fetch.credentials, around.tokens, ""
        self._token: Token | None = Token(fetch.credentials.token) if fetch.credentials.token else None
        self._denied = False

    async def send(self, request: Request) -> Answer:
        """The answer to a request, once there is one that means something.

        Raises:
            Trouble: there is none in a reasonable time.
            NotLetIn: the credentials are not taken.
            TooLarge: the answer is too large.
        """
        self._denied = False
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Again),
            stop=stop_after_attempt(self._patience.attempts),
            wait=self._wait,
            sleep=self._pause,
            reraise=True,
        )
        try:
            answer: Answer = await retrying(self._once, request)
        except _Again as exc:
            raise Trouble(f"{exc}, {self._patience.attempts} times", exc.seconds) from None
        return answer

    def _wait(self, state: RetryCallState) -> float:
        """The pause that the vendor asks for; else one that doubles, spread by chance."""
        failure = state.outcome.exception() if state.outcome is not None else None
        asked = failure.seconds if isinstance(failure, _Again) else None
        spread = self._chance.random()
        if asked is not None:
            return asked + min(asked, self._patience.first) * spread
        doubled = self._patience.first * 2.0 ** (state.attempt_number - 1)
        return min(doubled, self._patience.longest) * (0.5 + spread / 2)

    async def _once(self, request: Request) -> Answer:
        token = await self._held()
        headers = (*request.headers, ("authorization", f"Bearer {token.text}"))
        answer = await self._sent(request, headers)
        verdict = self._fetch.vendor.judge(answer, self._clock())
        if isinstance(verdict, Denied):
            if self._credentials.token or self._denied:
                raise NotLetIn("the vendor does not take our token; see to the credentials of this way in")
            self._token, self._denied = None, True
            raise _Again("the token is not taken", 0.0)
        self._passed(verdict)
        return answer

    async def _held(self) -> Token:
        """A token that holds."""
        if self._token is not None and self._token.holds(self._clock()):
            return self._token
        if not self._credentials.refresh_token:
            self._token = await self._granted(self._credentials, _SEE)
            return self._token
        try:
            with self._tokens.renewing(self._credentials) as place:
                self._token = await self._renewed(place)
        except Busy:
            raise _Again("somebody else renews the same token", None) from None
        except NotKept as exc:
            raise Trouble(str(exc)) from None
        return self._token

    async def _renewed(self, place: Place) -> Token:
        """A token for the newest refresh token; the next one is on the disk before anything is done with either."""
        if self._unkept:  # the vendor has replaced the one on the disk already, and the disk did not take it
            place.keep(self._unkept)
            place.make_room()
            self._unkept = ""
        see = _AGAIN_LET_IN if place.replaced else _SEE
        token = await self._granted(replace(self._credentials, refresh_token=place.current), see)
        if token.refresh and token.refresh != place.current:
            self._unkept = token.refresh
            place.keep(token.refresh)
            self._unkept = ""
        return token

    async def _granted(self, credentials: Credentials, see: str) -> Token:
        """What the vendor gives for the credentials; `see` says what is to be done where it gives nothing."""
        request = self._fetch.vendor.grant(credentials, self._fetch.setup)
        answer = await self._sent(request, request.headers)
        verdict = self._fetch.vendor.judge(answer, self._clock())
        if isinstance(verdict, Wait):
            self._passed(verdict)
        try:
            return token_of(answer, self._clock())
        except Refused as exc:
            raise NotLetIn(f"no token is given: {exc}; {see}") from None

    def _passed(self, verdict: Wait | Denied | None) -> None:
        if not isinstance(verdict, Wait):
            return
        if verdict.seconds is not None and verdict.seconds > self._patience.longest:
            raise Trouble(f"the vendor answers {verdict.why} and asks for {verdict.seconds:.0f} s", verdict.seconds)
        raise _Again(f"the vendor answers {verdict.why}", verdict.seconds)

    def _filled(self, request: Request) -> bytes:
        """The body, with the secret where it wants it."""
        if not request.secret:
            return request.body
        return msgspec.json.encode({**msgspec.json.decode(request.body), request.secret: self._secret})

    async def _sent(self, request: Request, headers: tuple[tuple[str, str], ...]) -> Answer:
        """One exchange. A body that ends early is none."""
        named = [*headers, ("accept", "application/json")]
        if request.body:
            named.append(("content-type", request.media_type))
        try:
            async with self._http.stream(
                request.method,
                request.url,
                params=list(request.query) or None,
                headers=named,
                content=self._filled(request) or None,
                timeout=self._patience.timeout,
                follow_redirects=False,
            ) as response:
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > self._patience.largest:
                        raise TooLarge(f"an answer of more than {self._patience.largest} bytes")
                found = {name.lower(): value for name, value in response.headers.items()}
                return Answer(status=response.status_code, headers=found, body=bytes(body))
        except (httpx.TransportError, httpx.DecodingError) as exc:
            raise _Again(f"the vendor cannot be reached ({type(exc).__name__})", None) from None
