"""Whether another process has taken the place of a static member.

aiokafka's heartbeat does not say which static name it is for, so a broker can only answer that it does not know the
member. A heartbeat that says so is answered exactly: the name belongs to another member, or to nobody any more.
"""

from typing import Any

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
)
from aiokafka.protocol.api import Request, RequestStruct
from aiokafka.protocol.group import HeartbeatResponse_v1
from aiokafka.protocol.types import Int32, Schema, String

FENCED_INSTANCE_ID = 82
"""The broker's answer to a member whose static name belongs to another one by now."""
_ASK_AGAIN = {
    error.errno for error in (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError)
}


class HeartbeatRequest_v3(RequestStruct):  # type: ignore[misc]  # noqa: N801 - as aiokafka names its own
    """A heartbeat that names the static member; aiokafka knows only older ones."""

    API_KEY = 12
    API_VERSION = 3
    RESPONSE_TYPE = HeartbeatResponse_v1
    SCHEMA = Schema(
        ("group", String("utf-8")),
        ("generation_id", Int32),
        ("member_id", String("utf-8")),
        ("group_instance_id", String("utf-8")),
    )


class NamedHeartbeat(Request[HeartbeatRequest_v3]):  # type: ignore[misc]
    """Asks whether a member still has its static name."""

    API_KEY = 12

    def __init__(self, *fields: Any) -> None:
        self._fields = fields

    def build(self, request_struct_class: type[HeartbeatRequest_v3]) -> HeartbeatRequest_v3:
        """The request on the wire."""
        return request_struct_class(*self._fields)


async def taken(coordinator: GroupCoordinator, generation: int, member: str, name: str) -> bool | None:
    """Whether the static name of a member belongs to another one; None when nobody could say just now.

    Args:
        coordinator: aiokafka's end of the group.
        generation: of the group, when the member was last in it.
        member: the id the group gave it.
        name: its static name.
    """
    try:
        await coordinator.ensure_coordinator_known()
        answer = await coordinator._send_req(  # noqa: SLF001 - it has the connection to the coordinator
            NamedHeartbeat(coordinator.group_id, generation, member, name)
        )
    except KafkaError:
        return None
    if answer.error_code in _ASK_AGAIN:
        coordinator.coordinator_dead()
        return None
    return bool(answer.error_code == FENCED_INSTANCE_ID)
