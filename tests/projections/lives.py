"""Facts about a lead's life, for the laws: any of them at any time."""

from typing import Any

from hypothesis import strategies as st

from events.life import (
    LeadAccepted,
    LeadBounced,
    LeadConsentChanged,
    LeadFeedbackGiven,
    LeadRecycled,
    LeadRejected,
    LeadReopened,
    LeadUnconverted,
    NurtureRequested,
    NurtureWithheld,
)
from events.work import TaskCreated, TaskDone, TaskReminderDue
from tests.projections.given import minutes

_CYCLES = st.integers(0, 2)
_AT = st.none() | st.integers(0, 40).map(minutes)
_TASK = {"task": st.sampled_from(["t1", "t2"]), "title": st.just("send the offer")}

LIFE_FACTS: st.SearchStrategy[Any] = st.one_of(
    st.builds(LeadAccepted, by=st.just("Radu"), cycle=_CYCLES),
    st.builds(LeadRejected, by=st.just("Radu"), reason=st.just("no_budget"), cycle=_CYCLES),
    st.builds(LeadRecycled, reason=st.just("no time"), cycle=_CYCLES),
    st.builds(LeadReopened, reason=st.just("budget is known now"), cycle=_CYCLES),
    st.builds(NurtureRequested, program=st.just("drip-warm"), status=st.sampled_from([None, "Open", "Lost"])),
    st.builds(NurtureWithheld, program=st.just("drip-warm"), why=st.just("no e-mail arrives")),
    st.builds(LeadUnconverted, by=st.sampled_from([None, "Radu"])),
    st.builds(LeadFeedbackGiven, by=st.just("Radu"), rating=st.integers(1, 5)),
    st.builds(LeadBounced, channel=st.just("email"), hard=st.booleans()),
    st.builds(
        LeadConsentChanged,
        purpose=st.sampled_from(["marketing_email", "profiling"]),
        basis=st.just("consent"),
        granted=st.booleans(),
        source=st.sampled_from(["", "form"]),
    ),
    st.builds(TaskCreated, **_TASK, due=_AT, remind_at=_AT),
    st.builds(TaskDone, task=_TASK["task"], by=st.sampled_from([None, "Radu"])),
    st.builds(TaskReminderDue, **_TASK),
)
