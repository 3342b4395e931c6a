"""A gateway of a deployment under test, as a process."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson

from leadstream import keys
from tests.support.ports import free_ports
from tests.support.process import Process
from tests.system.homes import Home


class Gate:
    """A gateway of a deployment that is started again at the same port whenever it was killed."""

    def __init__(self, home: Home, *options: str | Path) -> None:
        self.home, self._options = home, options
        (self.port,) = free_ports(1)
        new = keys.made("tests", keys.SCOPES, ("*",), 1_000_000, datetime(2026, 1, 1, tzinfo=UTC))
        keys.add(home.settings.data_dir / "keys.json", new.key)
        self.key = new.text
        self.headers = {"authorization": f"Bearer {new.text}"}
        self.process = self._start()

    def _start(self) -> Process:
        process = self.home.start("gateway", "--port", str(self.port), *self._options)
        process.wait_for("gateway on http", 120)
        return process

    def kill(self) -> None:
        """kill -9, and another one."""
        self.process.kill()
        self.process = self._start()

    async def post(self, client: httpx.AsyncClient, said: object, media_type: str) -> httpx.Response | None:
        """Send, once; None when nobody answered."""
        try:
            return await client.post(
                f"http://127.0.0.1:{self.port}/v1/events",
                content=orjson.dumps(said),
                headers={**self.headers, "content-type": media_type},
            )
        except httpx.TransportError:
            return None
