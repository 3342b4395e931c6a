"""All views, and the topics they need."""

from collections.abc import Mapping
from typing import Any

from events.topics import TopicDefinition
from projections.views.breaches import BREACHES
from projections.views.funnel import FUNNEL
from projections.views.leads import LEADS
from projections.views.response_times import RESPONSE_TIMES
from projections.views.sla import SLA
from projections.views.view import View

VIEWS: tuple[View[Any], ...] = (LEADS, FUNNEL, SLA, RESPONSE_TIMES, BREACHES)
"""In the order in which the projection task keeps their rows."""

BY_NAME: Mapping[str, View[Any]] = {view.name: view for view in VIEWS}
"""View by the name people ask for."""

VIEW_TOPICS: tuple[TopicDefinition, ...] = tuple(
    TopicDefinition(view.topic, compacted=True, content=view.meaning) for view in VIEWS
)
"""The compacted topics of the views' rows, one a view."""
