"""`leadstream command`: asks a lead for something that may be refused, and tells the answer."""

from events.registry import LEAD_COMMANDS, WIRE_TYPE
from leadstream.cli.asking import Asked, register
from leadstream.cli.root import main

EXAMPLES = {
    "accept": '--by "Ines"',
    "convert": '--by "Ines" --amount-minor 1250000 --currency EUR',
    "hand-over": '--by "lead desk" --owner "Ines"',
    "merge": '--by "Ines" --into 173001',
    "reassign": '--by "head of sales" --owner "Radu"',
    "recycle": '--by "Ines" --reason "asks again in May"',
    "reject": '--by "Ines" --reason no_budget --feedback "asks again in May"',
    "unconvert": '--by "Ines" --reason "ordered by mistake"',
    "unmerge": '--by "Ines" --reason "father and son"',
}
"""An example of each command's options."""


@main.group("command")
def command_group() -> None:
    """Ask a lead for something that may be refused: to be handed over, accepted, rejected, converted, ...

    The answer is printed: the facts that followed, or why it was refused and what is missing (exit code 1). The same
    command sent again with the same --id is answered as it was the first time.

    \b
    Examples:
      leadstream command reject 173688 --by "Ines" --reason no_budget
      leadstream command convert 173688 --by "Ines" --amount-minor 1250000 --currency EUR
    """


_LEADS = Asked(command_group, "leadstream command", "lead", "173688", EXAMPLES)
for _kind in sorted(LEAD_COMMANDS, key=WIRE_TYPE.__getitem__):
    register(_kind, _LEADS)
