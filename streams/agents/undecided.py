"""Commands about agreements that the agreement task has not decided yet, and how soon they may matter."""

from engine.ports import Record
from engine.position import decode_position
from engine.recordtime import BadTime, record_time
from engine.state import POSITION
from events.agreement import PublishAgreement, RetireAgreement
from events.codec import Codec, Undecodable
from events.topics import AGREEMENT_INBOX, AGREEMENT_STATE
from streams.deciders.agreement.refusals import NOTICE_US
from streams.ports import Reader

NEVER = 2**62
"""Later than every instant, in microseconds."""
ALWAYS = -NEVER
"""Earlier than every instant."""


class Undecided:
    """What waits in `agreement-inbox`.

    Args:
        log: reads the inbox, and the position that the agreement task has committed together with what it published.
        codec: bytes to commands.
    """

    def __init__(self, log: Reader, codec: Codec) -> None:
        self._log, self._codec = log, codec
        self._decided = 0

    async def earliest(self) -> int:
        """The earliest instant from which a waiting command may change what governs, in microseconds.

        A version takes effect, or is retired, at least a minute after the record time of its command, or at any time
        when it was sent before the first lead. Proposals and signatures govern nothing. `NEVER` when nothing waits.
        """
        end = (await self._log.ends(AGREEMENT_INBOX))[0]
        if self._decided < end:
            raw = await self._log.latest(AGREEMENT_STATE, 0, POSITION)
            if raw is not None:
                self._decided = decode_position(raw).offsets[AGREEMENT_INBOX]
        offset, found = self._decided, NEVER
        if offset < end:
            offset = max(offset, (await self._log.starts(AGREEMENT_INBOX))[0])
        while offset < end:
            records, offset = await self._log.read(AGREEMENT_INBOX, 0, offset)
            found = min([found, *map(self._effect, records)])
        return found

    def _effect(self, record: Record) -> int:
        """From when what a record asks for may matter."""
        try:
            command, at = self._codec.decode(record.value, record.headers).data, record_time(record)
        except (Undecodable, BadTime):
            return NEVER
        if not isinstance(command, PublishAgreement | RetireAgreement):
            return NEVER
        return ALWAYS if command.before_first_lead else at + NOTICE_US
