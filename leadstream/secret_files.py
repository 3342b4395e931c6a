"""Secrets that are kept in files of their own."""

from pathlib import Path

_MOST_BYTES = 64 << 10


def text_in(path: Path) -> str:
    """The text of a file, without white space around it.

    Raises:
        ValueError: it cannot be read, is no text, empty, or too large for a secret; the message says which.
    """
    try:
        with path.open("rb") as file:
            found = file.read(_MOST_BYTES + 1)
        text = found.decode().strip()
    except OSError as exc:
        raise ValueError(f"cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError:
        raise ValueError("is no text") from None
    if not text or len(found) > _MOST_BYTES:
        raise ValueError("is too large for a secret" if text else "is empty")
    return text
