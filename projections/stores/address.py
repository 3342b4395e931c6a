"""Addresses of databases, as they may be shown."""

from urllib.parse import urlsplit


def place_of(url: str) -> str:
    """The address without its password and options."""
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{user.partition(':')[0]}{'@' if user else ''}{hosts}{parts.path}"
