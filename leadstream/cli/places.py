"""Places in a topic as people write them: partition and offset, such as 2-17."""

import click


def place_of(text: str, shown_by: str) -> tuple[int, int]:
    """Partition and offset.

    Args:
        text: as written.
        shown_by: the command that shows such ids.

    Raises:
        click.UsageError: it is none.
    """
    partition, _, offset = text.partition("-")
    if not all(each.isascii() and each.isdecimal() and len(each) < 19 for each in (partition, offset)):
        raise click.UsageError(f"{text!r}: expected an id as '{shown_by}' shows it, such as 2-17")
    return int(partition), int(offset)
