"""A real Chromium without a window, driven over its DevTools protocol: what a page asks for, complains of and shows."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.support.packages import program
from tests.support.process import Process

_SECONDS = 60.0
_LARGEST_MESSAGE = 64 << 20
_KEYS = {"Escape": 27, "/": 191}


@contextmanager
def chromium() -> Iterator[str]:
    """Run a Chromium with an empty profile; the address at which it can be driven.

    Raises:
        MissingError: there is none; the message says how to get it.
    """
    found = program("chromium", "chromium", "a page in a browser needs Chromium")
    with tempfile.TemporaryDirectory(prefix="chromium.", ignore_cleanup_errors=True) as folder:
        command = [
            found, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "--no-first-run",
            "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-extensions",
            "--disable-component-update", *(["--no-sandbox"] if os.geteuid() == 0 else []), "about:blank",
        ]  # fmt: skip
        process = Process(command, log=Path(folder) / "chromium.log")
        try:
            yield process.wait_for(r"^DevTools listening on (ws://\S+)", _SECONDS)[1]
        finally:
            process.kill()


class Page:
    """A page that is open.

    Attributes:
        requests: the addresses it asked for, in order.
        complaints: what it wrote to the console as a warning or an error, and what it threw.
    """

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._socket, self._session = socket, ""
        self._numbers = itertools.count(1)
        self._loads = 0

    async def attach(self, width: int, height: int) -> None:
        """Make a tab of a size in CSS pixels and listen to it."""
        target = (await self._say("Target.createTarget", url="about:blank"))["targetId"]
        self._session = (await self._say("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self._say(f"{domain}.enable")
        await self._say(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    async def go(self, address: str) -> None:
        """Load an address, and wait until all of it is loaded."""
        loads = self._loads
        await self._say("Page.navigate", url=address)
        while self._loads == loads:
            await self._hear()

    async def run(self, script: str) -> Any:
        """What an expression of JavaScript gives, as JSON carries it.

        Raises:
            AssertionError: it threw.
        """
        answer = await self._say("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def press(self, key: str) -> None:
        """Press a key, as on a keyboard, and let it go."""
        code = _KEYS[key]
        text = {"text": key} if len(key) == 1 else {}
        await self._say("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        await self._say("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    async def type(self, text: str) -> None:
        """Put a text where the cursor is."""
        await self._say("Input.insertText", text=text)

    async def click(self, selector: str) -> None:
        """Click in the middle of the element that a selector finds first, scrolled to where it is seen."""
        x, y = await self.run(
            f"(() => {{ const node = document.querySelector({selector!r}); node.scrollIntoView({{block: 'center'}});"
            " const box = node.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self._say("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def _say(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        session = {"sessionId": self._session} if self._session else {}
        await self._socket.send_json({"id": number, "method": method, "params": params, **session})
        while True:
            heard = await self._hear()
            if heard.get("id") == number:
                assert "error" not in heard, (method, heard)
                answer: dict[str, Any] = heard["result"]
                return answer

    async def _hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = await self._socket.receive_json(timeout=_SECONDS)
        said = heard.get("params", {})
        match heard.get("method"):
            case "Page.loadEventFired":
                self._loads += 1
            case "Network.requestWillBeSent":
                self.requests.append(said["request"]["url"])
            case "Runtime.consoleAPICalled" if said["type"] in ("error", "warning", "assert"):
                self.complaints.append(" ".join(str(each.get("value", each)) for each in said["args"]))
            case "Runtime.exceptionThrown":
                self.complaints.append(str(said["exceptionDetails"]))
            case "Log.entryAdded" if said["entry"]["level"] in ("error", "warning"):
                self.complaints.append(said["entry"]["text"])
        return heard


@asynccontextmanager
async def opened(driver: str, address: str, *, width: int = 1200, height: int = 900) -> AsyncIterator[Page]:
    """A page in a browser that runs, loaded whole.

    Args:
        driver: where the browser can be driven, see `chromium`.
        address: of the page.
        width: of the window, CSS pixels; below 600 it is a phone.
        height: of the window, CSS pixels.
    """
    async with ClientSession() as session, session.ws_connect(driver, max_msg_size=_LARGEST_MESSAGE) as socket:
        page = Page(socket)
        async with asyncio.timeout(_SECONDS):
            await page.attach(width, height)
            await page.go(address)
        yield page
