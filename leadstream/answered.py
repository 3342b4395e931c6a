"""What leads keep of their answers to commands, held against the topic `answers` as far as it reaches back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from engine.ports import EventLog
from engine.reading import records_of
from events.agreement import CommandAnswered
from events.codec import Codec, Undecodable
from events.envelope import Envelope
from events.ids import fingerprint
from events.registry import LEAD_COMMANDS
from events.topics import ANSWERS, LEAD_INBOX
from leadstream.compared import Compared
from streams.deciders.lead.commands import REMEMBERED, UNKNOWN_LEAD
from streams.deciders.lead.entries import Answered

Kept = Mapping[str, Sequence[Answered]]
"""What leads keep, by lead; one that keeps nothing need not be there."""
_Asked = tuple[str, str]


async def verify_answers(log: EventLog, partitions: int, secret: bytes, kept: Kept, done: Compared) -> None:
    """Every answer that was given to a command about a lead has to be kept with the lead, and to say the same.

    The answer names the command and not who sent it: that stands in the inbox, which is kept longer than answers are.
    Of a lead that has forgotten answers for there were too many, nothing can be said.
    """
    given = await _given(log)
    if not given:
        return
    marks = await _marks(log, partitions, secret, given)
    for (lead, command), answers in sorted(given.items()):
        found = kept.get(lead, ())
        if sum(not each.kept for each in found) >= REMEMBERED or (lead, command) not in marks:
            continue
        says = {_said(each) for each in found if each.mark in marks[lead, command]}
        for answer in answers:
            if answer.reason != UNKNOWN_LEAD:  # of nobody nothing is kept
                problem = f"lead {lead}: keeps another answer to command {command} than {ANSWERS} has"
                done.add("answers", _said(answer) in says, problem)


async def _given(log: EventLog) -> dict[_Asked, list[CommandAnswered]]:
    codec, found = Codec(), defaultdict[_Asked, list[CommandAnswered]](list)
    async for record in records_of(log, ANSWERS, 0):
        envelope = codec.decode(record.value)
        if isinstance(envelope.data, CommandAnswered):
            found[envelope.subject, envelope.data.command].append(envelope.data)
    return found


async def _marks(
    log: EventLog, partitions: int, secret: bytes, given: Mapping[_Asked, object]
) -> dict[_Asked, set[int]]:
    """The fingerprints of the commands about leads that were answered; an agreement's command is none of them."""
    codec, found = Codec(), defaultdict[_Asked, set[int]](set)
    for partition in range(partitions):
        async for record in records_of(log, LEAD_INBOX, partition):
            try:
                envelope: Envelope = codec.decode(record.value, record.headers)
            except Undecodable:
                continue
            asked = envelope.subject, envelope.id
            if asked in given and type(envelope.data) in LEAD_COMMANDS:
                found[asked].add(fingerprint(envelope.source, envelope.id, secret))
    return found


def _said(answer: CommandAnswered | Answered) -> tuple[object, ...]:
    return answer.accepted, answer.facts, answer.reason, answer.missing
