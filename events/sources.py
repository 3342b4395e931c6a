"""Who says so: the CloudEvents sources of what is said here, and of what our own subjects say to one another."""

OWN_SOURCE = "/leadstream"
"""CloudEvents source of every derived fact."""

HEARD_FROM = f"{OWN_SOURCE}/"
"""What a subject was told by another one has a source that begins so; the speaker's name follows."""


def heard_from(subject: str) -> str:
    """The source of what a subject said to another one, as the other one's log keeps it."""
    return HEARD_FROM + subject


def speaker(source: str) -> str:
    """The subject that spoke; of a source that `heard_from` made."""
    return source[len(HEARD_FROM) :]


def is_ours(source: str) -> bool:
    """Whether a source is kept for what is said here; nobody outside may use it."""
    return source == OWN_SOURCE or source.startswith(HEARD_FROM)
