"""What can go wrong with a log, in the engine's own words; each home of the log translates into these."""

_LONGEST = 80


class LogError(Exception):
    """The log could not do what was asked."""


class Unavailable(LogError):
    """The log is out of reach for now (no broker, not enough replicas, disk full). Waiting helps; never fatal."""


class Unseated(LogError):
    """Those who share the partitions no longer know us. No outage: joining again helps, or else a new process does."""


class Fenced(LogError):
    """Somebody else owns this partition now, or the outcome of a commit is unknown: open again from the log."""


class Moved(LogError):
    """A partition does not end where it was said to: somebody else has written to it meanwhile. Nothing was written."""


class TornState(LogError):
    """Changelog and committed positions tell different stories; seen again and again it is fatal."""


class UnknownState(LogError):
    """The state was written in another format than this program's; it is not read, since it could be misread."""


class Forbidden(LogError):
    """The brokers refuse it for lack of rights, or let us not in: asking again would not help."""


class StoreInUse(LogError):
    """Another process keeps its states where ours are to be."""


class Unreadable(LogError):
    """Bytes of the log that are no records: torn, or compressed in a way this installation cannot read."""


class RecordTooLarge(LogError):
    """A record exceeds what its topic takes; nothing of its transaction was written.

    Attributes:
        topic: the topic that refused it.
        size: its size in bytes.
        limit: the most the topic takes, in bytes.
        partition: where it was to go; None where that is not known.
        key: its key; None where it has none, or it is not known.
    """

    def __init__(
        self, topic: str, size: int, limit: int, *, partition: int | None = None, key: bytes | None = None
    ) -> None:
        about = ("" if partition is None else f" in partition {partition}") + (
            "" if key is None else f", key {_text(key)}"
        )
        super().__init__(f"a record of {size} bytes exceeds the {limit} bytes that topic {topic!r} takes{about}")
        self.topic, self.size, self.limit, self.partition, self.key = topic, size, limit, partition, key


class WrongTopic(LogError):
    """A topic is missing or set up in a way we refuse to run on (partition count, compaction)."""


class Truncated(LogError):
    """The committed position lies outside what the log still holds; records would be skipped silently."""


class Replaced(LogError):
    """Another process has taken our place in the group, under the same static name; this one must not take it back.

    Attributes:
        name: the static name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"another process has taken the place of worker {name!r}")
        self.name = name


class PoisonBatch(Exception):
    """The handler failed on every attempt. Nothing was skipped: the position has not moved."""


class SkippedBatch(Exception):
    """A batch left the agent without being decided, or a hole appeared between two fetches."""


def _text(key: bytes) -> str:
    """A key for people: what is no text is spelled out, and a long one is cut."""
    text = key.decode(errors="backslashreplace")
    return repr(text) if len(text) <= _LONGEST else f"{text[:_LONGEST]!r}…"
