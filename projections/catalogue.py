"""All views, and the topics they need."""

from collections.abc import Mapping
from typing import Any

from events.topics import (
    ACCOUNT_EVENTS,
    ACCOUNT_STATE,
    ACCOUNT_VIEW_PROGRESS,
    ACCOUNT_VIEW_STATE,
    COUNCIL_EVENTS,
    COUNCIL_STATE,
    COUNCIL_VIEW_PROGRESS,
    COUNCIL_VIEW_STATE,
    LEAD_EVENTS,
    LEAD_STATE,
    OPPORTUNITY_EVENTS,
    OPPORTUNITY_STATE,
    OPPORTUNITY_VIEW_PROGRESS,
    OPPORTUNITY_VIEW_STATE,
    VIEW_PROGRESS,
    VIEW_STATE,
    TopicDefinition,
)
from projections.pipeline.attribution_view import ATTRIBUTION, ATTRIBUTION_TOUCHES
from projections.pipeline.clean_pipe import CLEAN_PIPE
from projections.pipeline.conversion_view import STAGE_CONVERSION
from projections.pipeline.cross_sell_view import CROSS_SELL
from projections.pipeline.follow_up import FOLLOW_UP
from projections.pipeline.left_out_view import LEFT_OUT_VIEW
from projections.pipeline.matrix_view import MATRIX, MATRIX_OPPORTUNITIES
from projections.pipeline.stage_ages_view import STAGE_AGES, STAGE_OLD
from projections.pipeline.velocity_view import VELOCITY
from projections.pipeline.waterfall_view import WATERFALL
from projections.predicting.answers import PREDICTION_CALIBRATION, PREDICTION_MODEL, PREDICTIONS
from projections.projection import Projection
from projections.views.accounts import ACCOUNT_RELATIONS, ACCOUNTS
from projections.views.board import BOARD, VERDICTS
from projections.views.bounces import BOUNCES
from projections.views.breaches import BREACHES
from projections.views.clause_times import CLAUSE_TIMES
from projections.views.clock_rows import CLOCKS
from projections.views.commitment import COMMITMENT
from projections.views.companies import COMPANIES
from projections.views.completeness import PARTITIONS, SOURCES
from projections.views.consents import CONSENTS
from projections.views.conversions import CONVERSIONS
from projections.views.council_actions import COUNCIL_ACTIONS
from projections.views.council_cells import COUNCIL_CELLS
from projections.views.council_comments import COUNCIL_COMMENTS
from projections.views.councils import COUNCILS
from projections.views.duplicates import DUPLICATES
from projections.views.funnel import FUNNEL
from projections.views.hygiene import HYGIENE
from projections.views.lead_links import LEAD_LINKS
from projections.views.leads import LEADS
from projections.views.opportunities import OPPORTUNITIES, OPPORTUNITY_BIRTHS
from projections.views.opportunity_contacts import OPPORTUNITY_CONTACTS
from projections.views.opportunity_history import OPPORTUNITY_HISTORY
from projections.views.opportunity_moves import OPPORTUNITY_MOVES
from projections.views.opportunity_timeline import OPPORTUNITY_TIMELINE
from projections.views.prospects import PREDICTION_COUNTS, PROSPECTS
from projections.views.queue import QUEUE, RATINGS, STAGNANT, UNOWNED
from projections.views.response_times import RESPONSE_TIMES
from projections.views.routing import ROUTING
from projections.views.sla import SLA
from projections.views.stage_entries import STAGE_ENTRIES
from projections.views.targets import TARGETS
from projections.views.tasks import TASKS
from projections.views.timeline import TIMELINE
from projections.views.touches import TOUCHES
from projections.views.view import Computed, Derived, Shown, View

OF_LEADS = Projection(
    "views",
    LEAD_EVENTS,
    LEAD_STATE,
    VIEW_STATE,
    VIEW_PROGRESS,
    (
        LEADS,
        FUNNEL,
        SLA,
        RESPONSE_TIMES,
        BREACHES,
        CLOCKS,
        COMMITMENT,
        TIMELINE,
        COMPANIES,
        PROSPECTS,
        PREDICTION_COUNTS,
        ROUTING,
        TASKS,
        CONVERSIONS,
        CONSENTS,
        DUPLICATES,
        STAGE_ENTRIES,
        BOUNCES,
        TOUCHES,
        LEAD_LINKS,
    ),
)
"""What is folded of the facts about leads."""

OF_OPPORTUNITIES = Projection(
    "opportunity-views",
    OPPORTUNITY_EVENTS,
    OPPORTUNITY_STATE,
    OPPORTUNITY_VIEW_STATE,
    OPPORTUNITY_VIEW_PROGRESS,
    (
        OPPORTUNITY_HISTORY,
        OPPORTUNITIES,
        OPPORTUNITY_BIRTHS,
        HYGIENE,
        OPPORTUNITY_MOVES,
        OPPORTUNITY_TIMELINE,
        OPPORTUNITY_CONTACTS,
    ),
)
"""What is folded of the facts about opportunities."""

OF_COUNCILS = Projection(
    "council-views",
    COUNCIL_EVENTS,
    COUNCIL_STATE,
    COUNCIL_VIEW_STATE,
    COUNCIL_VIEW_PROGRESS,
    (TARGETS, COUNCILS, COUNCIL_CELLS, COUNCIL_COMMENTS, COUNCIL_ACTIONS),
)
"""What is folded of the facts about councils and plans."""

OF_ACCOUNTS = Projection(
    "account-views",
    ACCOUNT_EVENTS,
    ACCOUNT_STATE,
    ACCOUNT_VIEW_STATE,
    ACCOUNT_VIEW_PROGRESS,
    (ACCOUNTS, ACCOUNT_RELATIONS),
)
"""What is folded of the facts about accounts."""

PROJECTIONS: tuple[Projection, ...] = (OF_LEADS, OF_OPPORTUNITIES, OF_COUNCILS, OF_ACCOUNTS)
"""One task group each."""

VIEWS: tuple[View[Any], ...] = tuple(view for projection in PROJECTIONS for view in projection.views)
"""All that have rows."""

PROJECTION_OF: Mapping[str, Projection] = {view.name: each for each in PROJECTIONS for view in each.views}
"""Name of a view -> the projection that keeps it."""

DERIVED: tuple[Derived, ...] = (
    QUEUE,
    UNOWNED,
    STAGNANT,
    RATINGS,
    BOARD,
    VERDICTS,
    CLAUSE_TIMES,
    SOURCES,
    PARTITIONS,
)
"""Made on read; each may rest on those before it."""

COMPUTED: tuple[Computed, ...] = (
    PREDICTIONS,
    PREDICTION_MODEL,
    PREDICTION_CALIBRATION,
    MATRIX,
    MATRIX_OPPORTUNITIES,
    WATERFALL,
    CLEAN_PIPE,
    VELOCITY,
    STAGE_CONVERSION,
    STAGE_AGES,
    STAGE_OLD,
    ATTRIBUTION,
    ATTRIBUTION_TOUCHES,
    CROSS_SELL,
    LEFT_OUT_VIEW,
    FOLLOW_UP,
)
"""Computed when somebody asks, from the rows of others."""

SHOWN: tuple[Shown, ...] = (*VIEWS, *DERIVED, *COMPUTED)
"""All that people may ask for."""

BY_NAME: Mapping[str, Shown] = {view.name: view for view in SHOWN}
"""View by the name people ask for."""

VIEW_TOPICS: tuple[TopicDefinition, ...] = tuple(
    TopicDefinition(view.topic, compacted=True, content=view.meaning) for view in VIEWS
)
"""The compacted topics of the views' rows, one a view."""
