"""The columns of `leads`."""

from projections.views.view import Column, Kind

COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column(
        "phase",
        Kind.TEXT,
        "how far it has come: stub, captured, qualified, handed_over, accepted, converted; or rejected, recycled, "
        "reopened, nurturing, archived, merged",
    ),
    Column("status", Kind.TEXT, "the company's own status that happened last; that of an archived lead stays", True),
    Column(
        "score",
        Kind.INTEGER,
        "shown score as told last, whole points, at `scored_at`; `--scores-as-of` gives that of any instant",
        True,
    ),
    Column("grade", Kind.TEXT, "fit letter and engagement digit, such as A2", True),
    Column("scored_at", Kind.INSTANT, "instant the score holds for; it may have decayed since", True),
    Column("owner", Kind.TEXT, "who has it", True),
    Column("next_due", Kind.INSTANT, "the earliest due of its open clocks; paused ones have none", True),
    Column("next_clause", Kind.TEXT, "the clause of that clock", True),
    Column("source", Kind.TEXT, "where its earliest capture came from; blank when unknown or not captured"),
    Column("agreement", Kind.TEXT, "the agreement that governs it", True),
    Column("is_test", Kind.BOOLEAN, "sent to try the way; in no figure"),
    Column("captured_at", Kind.INSTANT, "its earliest capture", True),
    Column("qualified_at", Kind.INSTANT, "when it met the qualified-lead definition in its current cycle", True),
    Column("handed_over_at", Kind.INSTANT, "when it was handed over to sales in its current cycle", True),
    Column("converted_at", Kind.INSTANT, "when it was first converted", True),
    Column("archived_at", Kind.INSTANT, "when it was put aside", True),
    Column("last_touch_at", Kind.INSTANT, "its latest touch, either direction", True),
    Column("updated_at", Kind.INSTANT, "when its last fact was recorded"),
    Column("company", Kind.TEXT, "the company's name as last told", True),
    Column(
        "why_passed", Kind.TEXT, "buying signals of the last qualification in words, or the conditions it met", True
    ),
    Column("accepted_at", Kind.INSTANT, "when sales accepted it in its current cycle", True),
    Column("status_at", Kind.INSTANT, "when the status was entered", True),
    Column("reopened_at", Kind.INSTANT, "when it was last opened again", True),
    Column("back_because", Kind.TEXT, "why it was rejected, given back or opened again, until it is qualified", True),
    Column("program", Kind.TEXT, "the program that warms it, while it does", True),
    Column("first_owner", Kind.TEXT, "who had it first in its current cycle", True),
    Column("why_owner", Kind.TEXT, "the rule by which its owner got it, in words", True),
    Column("account", Kind.TEXT, "the account it was matched to", True),
    Column("account_by", Kind.TEXT, "what they have in common, such as near_name_and_domain", True),
    Column("account_confidence", Kind.INTEGER, "how sure that is, percent", True),
    Column("merged_into", Kind.TEXT, "the older lead that counts for it while they are one", True),
    Column("ratings", Kind.INTEGER, "how often somebody rated it"),
    Column("rating", Kind.REAL, "the mean of that, from 1 (useless) to 5 (just what we need)", True),
    Column(
        "program_withheld", Kind.TEXT, "why the program that would warm it must leave it alone, while it must", True
    ),
)
