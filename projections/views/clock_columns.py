"""The columns of `clocks`."""

from projections.views.view import Column, Kind

COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("agreement", Kind.TEXT, "name of the agreement"),
    Column("version", Kind.INTEGER, "version of the agreement that the clock keeps to its end"),
    Column("clause", Kind.TEXT, "name of the clause"),
    Column("cycle", Kind.INTEGER, "1 for the first time the clause started for the lead"),
    Column(
        "state",
        Kind.TEXT,
        "open, paused, met, breached (nobody answered yet), answered_late, lapsed (the lead was closed or given back "
        "before anybody answered) or cancelled",
    ),
    Column("verdict", Kind.TEXT, "open, met, breached or cancelled"),
    Column("side", Kind.TEXT, "who has to act: sales or marketing"),
    Column("owner", Kind.TEXT, "who had the lead when the verdict fell, or has it now", True),
    Column("source", Kind.TEXT, "where the lead came from"),
    Column("week", Kind.TEXT, "ISO week in which the clock started, in UTC, such as 2026-W02"),
    Column("started_at", Kind.INSTANT, "when the clock started"),
    Column("due", Kind.INSTANT, "when the answer is due; empty while paused", True),
    Column("target", Kind.TEXT, "the promise as written, such as 30m"),
    Column("calendar", Kind.TEXT, "the calendar it counts in; empty when every minute counts", True),
    Column("warned", Kind.BOOLEAN, "a warning was told"),
    Column("answered_at", Kind.INSTANT, "the answer that counts", True),
    Column("took_seconds", Kind.INTEGER, "from the start to the answer, completed seconds of real time", True),
    Column("late_by_seconds", Kind.INTEGER, "from the due to a late answer, completed seconds of real time", True),
    Column("reason", Kind.TEXT, "what ended a cancelled clock", True),
    Column("revision", Kind.INTEGER, "how often late facts changed its verdict or due"),
    Column("retracted", Kind.BOOLEAN, "a breach of it was taken back"),
    Column("ingest_lag_seconds", Kind.INTEGER, "from the starting fact to its record, completed seconds"),
    Column("escalated", Kind.INTEGER, "the level of escalation reached since the clock was breached, 0 for none"),
    Column("escalated_to", Kind.TEXT, "who was told last, or what was to be done", True),
    Column("escalates_at", Kind.INSTANT, "when the next level follows if nobody answers", True),
    Column("needs", Kind.TEXT, "touches still missing where the clause counts them, such as 2 call, 1 email"),
    Column(
        "worked_seconds",
        Kind.INTEGER,
        "from the start to the answer in the clause's calendar without the pauses, completed seconds",
        True,
    ),
    Column("next_action", Kind.TEXT, "what has to be done about it, in words; nothing while it is paused", True),
)
