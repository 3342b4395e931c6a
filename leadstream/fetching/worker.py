"""Fetches for one way in: what was announced first, then lists whose reading is under way, then those that are due.

Before all of these come watches that are to be renewed: what changes after one was made is announced, and what changed
before it is read by the list that follows it.
"""

import contextlib
import logging
from collections import Counter
from collections.abc import Coroutine, Generator, Iterable
from typing import TypeVar

from engine.errors import RecordTooLarge, Truncated
from events.codec import Codec
from events.instants import SECOND
from events.topics import RAW
from leadstream.fetching import watches
from leadstream.fetching.around import Office
from leadstream.fetching.client import Client, NotLetIn, TooLarge, Trouble
from leadstream.fetching.configured import Feed, smaller
from leadstream.fetching.desk import Kept, Standing, Want, kept, read_to
from leadstream.fetching.pages import Step, lapsed, step, wanted_in
from leadstream.fetching.port import Answer, Asked, Page, Refused, Request
from leadstream.intake.sources import Source

logger = logging.getLogger("leadstream.fetching")
_CODEC = Codec()
_Made = TypeVar("_Made")
_CHUNK = 500
_FAR = 5000
"""Offsets after which our place among the kept requests is written even if nothing was wanted there."""
_MOST_ANEW = 3
"""Times in a row that a vendor may forget our place before it is left alone for a while."""
_MOST_TROUBLES = 3
"""Times in a row that a vendor cannot be read from before a run that is to end does."""
_WATCH = "the watch of "
_DAY = 86_400.0
"""Seconds that a vendor is left alone at most, whatever it asks for."""
_SOON, _LATE = 5.0, 300.0
"""Seconds until a vendor, or a thing, that could not be read is tried again: at first, and at most."""


def pause(tries: int) -> float:
    """Seconds until what failed so many times is tried once more: five, then twice as many each time, five minutes."""
    return min(_SOON * 2.0 ** min(tries - 1, 30), _LATE)


class Worker:
    """One way in.

    Attributes:
        name: of the way in.
        vendor: whose API is read.
        pages: pages that were kept.
        missing: things that were announced and are not at the vendor any more.
        failed: what could not be read, with the reason, as of the last try.

    Args:
        source: the way in; it has `fetch`.
        office: what the workers share.
    """

    def __init__(self, source: Source, office: Office) -> None:
        if source.fetch is None:
            raise ValueError(f"nothing is fetched for {source.name}")
        self.name, self.vendor = source.name, source.fetch.vendor.name
        self.pages, self.missing, self.failed = 0, 0, dict[str, str]()
        self._source, self._office, self._around = source, office, office.around
        self._desk = office.desk
        self._fetch, self._whole = source.fetch, source.fetch
        secret = next(iter(source.trust.secrets), "")
        self._client = Client(office.http, source.fetch, office.around, secret)
        self._agreed = source.fetch.agreed(secret)
        self._said = dict[str, int]()
        self._at = dict[int, int]()
        self._due = dict.fromkeys(source.fetch.feeds, 0)
        self._later = dict[Feed, int]()
        self._tries, self._anew = Counter[Feed | None](), Counter[Feed]()
        self._alone = set[Feed]()

    async def run(self, *, once: bool = False) -> None:
        """Follow until cancelled; or, `once`, until everything is read, or has failed."""
        while True:
            await self._look()
            watch = self._next_watch()
            feeds = (_watch_of(watch),) if watch is not None else self._next()
            if feeds:
                work = self._read(feeds) if watch is None else self._renew(watch)
                trouble = await self._try(feeds, work)
                if trouble is not None and once and self._tries[None] >= _MOST_TROUBLES:
                    return
                if trouble is not None and not once:
                    await self._around.pause(trouble)
            elif once:
                return
            else:
                await self._around.pause(self._around.look)

    def watched(self) -> dict[Feed, int]:
        """The lists that are to be watched, each with when its watch ends, microseconds; 0 for one without a watch."""
        found = self._desk.watches(self.name)
        return {feed: found[feed].watched.until if feed in found else 0 for feed in self._whole.watched}

    def now(self) -> int:
        """The time, microseconds."""
        return self._around.clock()

    async def _look(self) -> None:
        """Read the kept requests up to their end, for what they want."""
        log = self._office.log
        starts, ends = await log.starts(RAW), await log.ends(RAW)
        for partition in range(self._office.partitions):
            written = self._desk.position(self.name, partition)
            at = max(self._at.get(partition, written or 0), starts[partition])
            while at < ends[partition]:
                try:
                    found, after = await log.read(RAW, partition, at, _CHUNK)
                except Truncated:  # removed meanwhile, being old
                    break
                changes = wanted_in(self._source, self._fetch, partition, found, _CODEC)
                if changes or after - (written or 0) >= _FAR:
                    written = after
                    await self._office.write(Step({}, {**changes, **read_to(self.name, partition, after)}))
                if after <= at:
                    break
                at = self._at[partition] = after

    def _next(self) -> tuple[Feed, ...]:
        """What is to be read next: one list, or as many things of a kind as are asked for at once."""
        now = self._around.clock()
        wants = [
            feed for feed, want in self._desk.wants(self.name).items()
            if self._is_there(feed, want, now) and self._later.get(feed, 0) <= now
        ]  # fmt: skip
        under_way = [feed for feed in self._desk.under_way(self.name) if self._later.get(feed, 0) <= now]
        # A list of many pages lets whatever else was announced pass between two of them.
        ordered = (*(feed for feed in wants if feed not in under_way), *under_way)
        known = [feed for feed in ordered if self._fetch.kind(feed.kind) is not None]
        if known:
            first = known[0]
            kind = self._fetch.vendor.kinds[first.kind]
            same = [feed for feed in wants if feed.kind == first.kind and feed not in self._alone]
            return tuple(same[: kind.most]) if kind.most > 1 and first in same else (first,)
        due = [feed for feed, at in self._due.items() if max(at, self._later.get(feed, 0)) <= now]
        return tuple(due[:1])

    def _next_watch(self) -> Feed | None:
        """The list whose watch is to be made or renewed next."""
        now = self._around.clock()
        needed = watches.next_due(self._whole, self._agreed, self._desk.watches(self.name))
        due = [feed for feed, at in needed.items() if max(at, self._later.get(_watch_of(feed), 0)) <= now]
        return min(due, key=needed.__getitem__, default=None)

    async def _renew(self, feed: Feed) -> None:
        """Have changes of a list announced from now on. After a gap, what it may hold is read at once."""
        watch, now = self._fetch.watch(feed), self._around.clock()
        if watch is None:
            raise ValueError(f"{_shown(feed)} is not watched")
        before = self._desk.watches(self.name).get(feed)
        asked = watches.asked(self.name, self._fetch, feed, before, agreed=self._agreed, now=now)
        watched = await self._drive(watch.turn(asked))
        after = Kept(watched, watches.due(self.name, feed, watched, now), self._agreed)
        await self._office.write(Step({}, kept(self.name, feed, after)))
        if watches.is_gap(before, now):
            self._due[feed] = 0
        self._well(_watch_of(feed))
        old = before.watched if before is not None and before.watched.until > now else None
        if watch.end is not None and old is not None and old.id != watched.id:
            with contextlib.suppress(Trouble, TooLarge, Refused):  # it ends by itself before long
                await self._drive(watch.end(self._fetch.setup, old))

    def _is_there(self, feed: Feed, want: Want, now: int) -> bool:
        """Whether what was announced is ready to be read. Ours and the gateway's clock may differ."""
        kind = self._fetch.kind(feed.kind)
        return kind is None or not kind.after or want.at + kind.after <= now

    async def _try(self, feeds: tuple[Feed, ...], work: Coroutine[None, None, None]) -> float | None:
        """Read one page, or renew a watch; seconds to wait where the vendor cannot be reached."""
        try:
            await work
        except Trouble as exc:
            return self._out_of_reach(feeds, exc)
        except (TooLarge, RecordTooLarge) as exc:
            self._too_large(feeds, exc)
        except Refused as exc:
            self._refused(feeds, str(exc))
        else:
            self._tries.pop(None, None)
        return None

    async def _read(self, feeds: tuple[Feed, ...]) -> None:
        kind, first = self._fetch.vendor.kinds[feeds[0].kind], feeds[0]
        standing = self._desk.standing(self.name, first) if len(feeds) == 1 else Standing()
        now = self._around.clock()
        asked = Asked(self._fetch.setup, tuple(feed.id for feed in feeds), standing.cursor, now)
        page = await self._drive(kind.turn(asked))
        before = {feed: self._desk.want(self.name, feed) for feed in feeds}
        ours = self._desk.watches(self.name)
        done = step(
            self._source, page, before, standing, ours, now=now, partitions=self._office.partitions, codec=_CODEC
        )
        await self._office.write(done)
        self._over(feeds, page, now, ours=bool(lapsed(page, ours)))

    async def _drive(self, turn: Generator[Request, Answer, _Made]) -> _Made:
        """A turn with its answers."""
        answer: Answer | None = None
        try:
            while True:
                request = turn.send(answer) if answer is not None else next(turn)
                answer = await self._client.send(request)
        except StopIteration as end:
            made: _Made = end.value
            return made

    def _over(self, feeds: tuple[Feed, ...], page: Page, now: int, *, ours: bool) -> None:
        """Count what was done, and when it is to be done again. Of a watch of `ours` nobody has to hear: we mend it."""
        self.pages += bool(page.body)
        self.missing += len(page.missing)
        if not page.more:
            self._fetch = self._whole
        if page.told and not ours:
            self._say(page.told)
        for feed in feeds:
            self._alone.discard(feed)
            if page.anew:
                self._anew[feed] += 1
            if self._anew[feed] > _MOST_ANEW:
                self._anew.pop(feed)
                self._put_off((feed,), "the vendor forgets our place again and again")
                continue
            self._well(feed)
            if not page.more:
                self._anew.pop(feed, None)
                if feed in self._due:
                    self._due[feed] = now + self._fetch.every

    def _well(self, feed: Feed) -> None:
        self._later.pop(feed, None)
        self._tries.pop(feed, None)
        self.failed.pop(_shown(feed), None)

    def _out_of_reach(self, feeds: tuple[Feed, ...], trouble: Trouble) -> float:
        """Seconds to wait before anything else is asked of this vendor. What was asked for then comes after others."""
        self._tries[None] += 1
        seconds = pause(self._tries[None])
        if isinstance(trouble, NotLetIn):
            seconds, self._tries[None] = _LATE, max(self._tries[None], _MOST_TROUBLES)
        if trouble.seconds is not None:
            seconds = max(seconds, min(trouble.seconds, _DAY))
        for feed in feeds:
            self._later[feed] = self._around.clock() + int((seconds + _SOON) * SECOND)
            self.failed[_shown(feed)] = str(trouble)
        self._say(str(trouble))
        return seconds

    def _too_large(self, feeds: tuple[Feed, ...], exc: Exception) -> None:
        """Ask for less at once."""
        less = smaller(self._fetch)
        if len(feeds) > 1:
            self._alone.update(feeds)
        elif less is None:
            self._put_off(feeds, str(exc))
        else:
            self._fetch = less

    def _refused(self, feeds: tuple[Feed, ...], why: str) -> None:
        """Of several one may be to blame: each is asked for by itself. One that is refused waits, and others go on."""
        if len(feeds) > 1:
            self._alone.update(feeds)
        else:
            self._put_off(feeds, why)

    def _put_off(self, feeds: Iterable[Feed], why: str) -> None:
        for feed in feeds:
            self._tries[feed] += 1
            seconds = pause(self._tries[feed])
            self._later[feed] = self._around.clock() + int(seconds * SECOND)
            self.failed[_shown(feed)] = why
            self._say(f"{feed.kind} cannot be {'renewed' if feed.kind.startswith(_WATCH) else 'read'}: {why}")

    def _say(self, text: str) -> None:
        """Tell of it, the same once an hour."""
        now = self._around.clock()
        if now - self._said.get(text, now - 3600 * SECOND) >= 3600 * SECOND:
            self._said[text] = now
            self._office.told(self.name, text)


def logger_told(name: str, text: str) -> None:
    """Our log is told."""
    logger.warning("%s: %s", name, text)


def _watch_of(feed: Feed) -> Feed:
    """What trouble with the watch of a list goes by."""
    return Feed(f"{_WATCH}{feed.kind}", feed.id)


def _shown(feed: Feed) -> str:
    return f"{feed.kind}:{feed.id}"
