"""Runs the gateway's application on a socket until it is told to stop."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from leadstream.gateway.protocol import BoundedProtocol

_BACKLOG = 2048
ACCEPTED = 32
"""Connections that are let in in one round of the event loop. uvloop accepts one for each listening socket, and a round
with an append in it takes 20 ms: forms, each on a connection of its own, would wait for one another."""
_LAST_ANSWERS = 20
"""Seconds for requests that are being answered when it is told to stop."""


class WrongTls(Exception):
    """The certificate or its key cannot be used."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs us."""
        yield


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; 0 for any free port.

    Raises:
        OSError: somebody else has the port, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)  # who comes before the server is ready waits, instead of being turned away
    except BaseException:
        made.close()
        raise
    return made


async def serve_http(
    app: ASGIApp,
    listener: socket.socket,
    stop: asyncio.Event,
    *,
    tls: tuple[Path, Path] | None = None,
    connections: int = 1000,
    protocol: type[BoundedProtocol] = BoundedProtocol,
) -> None:
    """Answer until `stop` is set; requests that are being answered then are answered.

    Args:
        app: the application.
        listener: a bound socket, closed in the end.
        stop: set to end orderly.
        tls: files of the certificate chain and its key; None for plain HTTP.
        connections: open at a time, at most; more are answered 503.
        protocol: speaks HTTP on each.

    Raises:
        WrongTls: the certificate or its key cannot be used.
    """
    server = _Server(_config(app, tls, connections, protocol))
    doors = [listener, *(listener.dup() for _ in range(ACCEPTED - 1))]
    serving = asyncio.ensure_future(server.serve(doors))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.should_exit = True
        await serving


def _config(
    app: ASGIApp, tls: tuple[Path, Path] | None, connections: int, protocol: type[BoundedProtocol]
) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what clients do wrong is not for our log
    secured: dict[str, Any] = {} if tls is None else {"ssl_certfile": tls[0], "ssl_keyfile": tls[1]}
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        loop="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        limit_concurrency=connections,
        timeout_graceful_shutdown=_LAST_ANSWERS,
        **secured,
    )
    try:
        config.load()
    except (ssl.SSLError, OSError, ValueError) as exc:
        raise WrongTls(f"TLS: the certificate or its key cannot be used: {exc}") from exc
    if config.is_ssl and config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return config
