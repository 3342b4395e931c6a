"""What people can do about a failure that waiting does not mend."""

from engine.errors import TornState, Truncated, UnknownState


def advised(exc: BaseException) -> str:
    """The failure in words, and the command that shows what can be done, where there is one."""
    if isinstance(exc, Truncated | TornState | UnknownState):
        return f"{exc}; see: leadstream repair"
    return str(exc)
