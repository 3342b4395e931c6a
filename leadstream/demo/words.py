"""Durations and shares in few characters, for tables and boards."""

from datetime import timedelta


def spell(duration: timedelta) -> str:
    """A duration in its two largest units, such as `1 h 05 min` or `40 s`; less than a second is `0 s`."""
    total = int(duration.total_seconds())
    days, hours, minutes, seconds = total // 86400, total // 3600 % 24, total // 60 % 60, total % 60
    if days:
        return f"{days} d {hours:02d} h"
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


def ago(duration: timedelta) -> str:
    """How long ago something was."""
    return "now" if duration < timedelta(seconds=1) else f"{spell(duration)} ago"


def bar(share: float, width: int) -> str:
    """A bar of so many characters, filled to a share of 0 to 1."""
    full = round(min(max(share, 0.0), 1.0) * width)
    return "█" * full + "░" * (width - full)
