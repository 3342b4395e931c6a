"""HTTP/1.1 with what uvicorn leaves open: heads come in time and in bounds, answers are read in time."""

import asyncio
from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 << 10
"""The largest head of a request."""
_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """One connection. uvicorn's keep-alive bounds only what is idle between requests; each byte starts it anew.

    Attributes:
        head_seconds: for a client to send the head of a request, from its first byte or from connecting.
        unread_seconds: for a client to read what was answered, when more is to be sent than the system buffers.
    """

    head_seconds = 10.0
    unread_seconds = 30.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._unread: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        self._answer_is_read()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._head is None and self._idle():
            self._expect_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head is None:
            self._head_bytes = 0
        elif self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self._end(_LARGE)

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head is None:
            self._expect_head()

    @override
    def on_headers_complete(self) -> None:
        self._head_is_here()
        super().on_headers_complete()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self.unread_seconds, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        self._answer_is_read()
        super().resume_writing()

    def _idle(self) -> bool:
        """Whether no request is being answered."""
        cycle: Any = self.cycle  # None at first, whatever its type says
        return cycle is None or cycle.response_complete

    def _expect_head(self) -> None:
        self._head = self.loop.call_later(self.head_seconds, self._end, _LATE)
        self._head_bytes = 0

    def _head_is_here(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _answer_is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _end(self, told: bytes) -> None:
        """End the connection; unless an earlier request is being answered on it, say why."""
        self._head_is_here()
        if self._idle():
            self.transport.write(told)
        self.transport.close()
