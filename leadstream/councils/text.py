"""The report of a meeting as plain text, to be read in a terminal or sent by mail."""

from collections.abc import Iterator, Sequence

from leadstream.councils.meeting import Became, Followed, Meeting, Row, Watched, measure_words, slice_words
from leadstream.councils.money import amount_text, percent_text

_MARKS = {"red": "R", "yellow": "Y", "green": "G"}


def text_of(meeting: Meeting) -> str:
    """The whole report; the same facts give the same text."""
    lines = [*_head(meeting), "", *_matrix(meeting)]
    if meeting.watched:
        lines += ["", "Red and yellow", *(line for each in meeting.watched for line in _watched(meeting, each))]
    for earlier in meeting.followed:
        if earlier.cells:
            lines += ["", _followed(meeting, earlier)]
            lines += [line for each in earlier.cells for line in _became(meeting, each)]
    if meeting.actions:
        lines += ["", "Open actions", *(f"  {_action(meeting, row)}" for row in meeting.actions)]
    return "\n".join(lines)


def _head(meeting: Meeting) -> Iterator[str]:
    head = meeting.head
    yield f"Council {meeting.council}, {head['week']}"
    yield f"{head['quarter']}, day {head['day']} of {head['days']}; amounts in {head['currency']}"
    yield f"as known at {meeting.at(head['known_at'])} ({head['timezone']}); convened by {head['by']}"
    if head["left_out"]:
        yield f"left out of sums: {head['left_out']}"
    if meeting.counted:
        yield f"comments and actions {meeting.counted}"
    yield f"{head['red']} red, {head['yellow']} yellow, {head['green']} green"


def _matrix(meeting: Meeting) -> list[str]:
    """Columns of amounts with their share of the target and their colour; R red, Y yellow, G green."""
    measures = meeting.measures
    table = [["", *map(measure_words, measures)]]
    for words, rows in meeting.slices:
        table.append([words, *(_figure(rows.get(measure)) for measure in measures)])
    widths = [max(len(line[place]) for line in table) for place in range(len(measures) + 1)]
    return ["  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() for line in table]


def _figure(row: Row | None) -> str:
    if row is None:
        return ""
    if row["measure"] == "coverage":
        needed = f"needs {row['required_coverage']} {_MARKS.get(row['colour'], '')}".strip()
        return f"{row['coverage']} ({needed})" if row["required_coverage"] else str(row["coverage"])
    share = percent_text(row["amount_minor"], row["target_minor"])
    marked = f"{share} {_MARKS.get(row['colour'], '')}".strip()
    return f"{amount_text(row['amount_minor'], row['currency'])}{f' ({marked})' if marked else ''}"


def _cell(row: Row) -> str:
    return f"{measure_words(row['measure'])}, {slice_words(row)}"


def _watched(meeting: Meeting, each: Watched) -> Iterator[str]:
    row = each.cell
    yield (
        f"  {row['colour'].upper()}  {_cell(row)}: {amount_text(row['amount_minor'], row['currency'])}"
        f" of {amount_text(row['target_minor'], row['currency'])}"
        f" ({percent_text(row['amount_minor'], row['target_minor'])}); {row['course'].replace(' ', ', ')}"
    )
    yield from _said(each.comments)
    yield from _actions(meeting, each.actions)


def _followed(meeting: Meeting, earlier: Followed) -> str:
    quarter = earlier.head["quarter"]
    return f"What became of {earlier.head['week']}{'' if quarter == meeting.head['quarter'] else f' ({quarter})'}"


def _became(meeting: Meeting, each: Became) -> Iterator[str]:
    then, now = each.then, each.now
    amount, colour = (0, "") if now is None else (now["amount_minor"], now["colour"])
    currency = then["currency"] if now is None else now["currency"]
    yield (
        f"  {_cell(then)}: {amount_text(then['amount_minor'], then['currency'])} {then['colour']}"
        f" -> {amount_text(amount, currency)} {colour or 'without a target'}"
    )
    yield from _said(each.comments)
    yield from _actions(meeting, each.actions)


def _said(comments: Sequence[Row]) -> Iterator[str]:
    return (f"    {comment['by']}: {comment['text']}" for comment in comments)


def _actions(meeting: Meeting, rows: Sequence[Row]) -> Iterator[str]:
    return (f"    {_action(meeting, row)}" for row in rows)


def _action(meeting: Meeting, row: Row) -> str:
    state = "OVERDUE" if meeting.is_overdue(row) else row["state"]
    said = (
        f"#{row['action']} {row['kind'].replace('_', ' ')}: {row['what']} ({row['owner']}, due {row['due']}, {state})"
    )
    return f"{said}: {row['outcome']}" if row["outcome"] else said
