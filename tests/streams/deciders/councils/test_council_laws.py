"""Whatever councils are asked, in whatever order: what follows is the fold of their log, and nothing happens twice."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from events.agreement import CommandAnswered
from events.council import ActionDone, ActionPlanned, CellCommented, CouncilConvened, cell_key, wants_attention
from events.fact import Fact
from tests.streams.deciders.councils.meetings import COMMENT, FINISH, MATRIX, PLAN, WEEK, convene, council
from tests.support.laws import examples

CELLS = st.sampled_from([cell_key(cell) for cell in MATRIX] + [("closed_acv", None, "west", None, None)])
WEEKS = st.none() | st.sampled_from(["2026-W02", "2026-W03", "2026-W04"])
NAMES = ("measure", "product", "region", "segment", "source")


@st.composite
def asked(draw: st.DrawFn) -> Fact:
    match draw(st.integers(0, 3)):
        case 0:
            cells = draw(st.sampled_from([MATRIX, MATRIX[:1], MATRIX[2:], ()]))
            return convene(draw(st.integers(0, 2)) * WEEK, cells=cells)
        case 1:
            return replace(COMMENT, week=draw(WEEKS), **dict(zip(NAMES, draw(CELLS), strict=True)))
        case 2:
            due = draw(st.sampled_from([date(2026, 1, 1), date(2026, 1, 26), date(2026, 6, 1)]))
            return replace(PLAN, week=draw(WEEKS), due=due, **dict(zip(NAMES, draw(CELLS), strict=True)))
        case _:
            return replace(FINISH, action=draw(st.integers(0, 5)))


COMMANDS = st.lists(st.tuples(asked(), st.integers(0, 20), st.sampled_from([0, 5, int(WEEK)])), max_size=40)


@settings(max_examples=examples(150), deadline=None)
@given(COMMANDS)
def test_councils_do_everything_once_and_only_on_red_and_yellow_cells(
    commands: list[tuple[Fact, int, int]],
) -> None:
    ledger, at = council(), 3 * WEEK
    followed, told = dict[tuple[type[Fact], int], CommandAnswered](), dict[tuple[Fact, int], CommandAnswered]()
    for command, name, later in commands:
        at += later
        kind = type(command)
        before, state = len(ledger.facts), ledger.state.sequence
        answer = ledger.asks(command, at, command_id=f"{name}")  # the ledger proves that the state is the fold
        assert len(ledger.facts) - before == ledger.state.sequence - state <= 1
        if (first := followed.get((kind, name)) or told.get((command, name))) is not None:
            assert answer == first
            assert len(ledger.facts) == before
        if answer.accepted:
            told[command, name] = answer
        if len(ledger.facts) > before:
            assert answer.accepted
            followed[kind, name] = answer
    convened = ledger.told(CouncilConvened)
    frozen = {each.data.week: each.data.cells for each in convened}  # type: ignore[attr-defined]
    assert len(frozen) == len(convened)
    for each in (*ledger.told(CellCommented), *ledger.told(ActionPlanned)):
        (cell,) = [cell for cell in frozen[each.data.week] if cell_key(cell) == cell_key(each.data)]  # type: ignore[attr-defined,arg-type]
        assert wants_attention(cell)
    numbers = [each.data.action for each in ledger.told(ActionPlanned)]  # type: ignore[attr-defined]
    done = [each.data.action for each in ledger.told(ActionDone)]  # type: ignore[attr-defined]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(set(done)) == len(done)
    assert set(done) <= set(numbers)
