"""Decides whether a published version may be retired."""

from events.agreement import AgreementRetired, RetireAgreement
from events.instants import iso, to_us
from streams.deciders.agreement.refusals import refused, retroactive, unknown_version
from streams.deciders.agreement.state import AgreementState
from streams.deciders.told import Refusal


def decide_retire(state: AgreementState, command: RetireAgreement, at: int, subject: str) -> AgreementRetired | Refusal:
    """Whether a version may stop to govern what starts.

    Args:
        state: what is remembered.
        command: the command.
        at: its record time, microseconds.
        subject: its subject, the agreement.

    Returns:
        The fact, or why not: there is no such version; it is retired already; that would be less than a minute after
        the command (any instant is allowed before the first lead).
    """
    if not state.is_published(subject, command.version):
        known = {*state.published.get(subject, ()), *filter(None, [state.versions.get(subject)])}
        return unknown_version(subject, command.version, known, "published")
    since = state.retired_from(subject, command.version)
    if since is not None:
        words = f"version {command.version} of {subject!r} is retired from {iso(since)}"
        return Refusal("retired already", (words,))
    wanted = to_us(command.retired_from)
    if objections := retroactive("the end", iso(wanted), wanted, at, command.before_first_lead):
        return refused(objections)
    return AgreementRetired(name=subject, version=command.version, retired_from=command.retired_from, by=command.by)
