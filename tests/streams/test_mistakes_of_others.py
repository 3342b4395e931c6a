"""Mistakes that systems of this kind are known for, each with the test that they would fail.

Bug trackers, forums and reviews of others tell of them; here they do not happen.
"""

from collections import Counter
from itertools import pairwise

from tests.streams.deciders.pools.desk import agreement, ask, desk, members
from tests.streams.deciders.pools.test_pools import leads
from tests.streams.deciders.pools.test_turns import owners, served
from tests.support.given import DAYS


def test_round_robin_does_not_give_everything_to_one_person() -> None:
    """Counters kept per process, per rule or per day begin anew, and the first in the list gets it every time."""
    equal = served({"ana": 1, "bo": 1, "cy": 1}, 30)
    assert Counter(equal) == {"ana": 10, "bo": 10, "cy": 10}
    assert all(one != other for one, other in pairwise(equal))
    over_days = desk(agreement(members({"ana": 1, "bo": 1, "cy": 1})))
    for day in range(9):
        ask(over_days, f"lead-{day}", day * DAYS)
    assert Counter(owners(over_days)) == {"ana": 3, "bo": 3, "cy": 3}


def test_the_newest_lead_is_not_served_before_those_that_wait() -> None:
    """Where capacity is looked at only when a lead comes in, the one that comes gets it and the others wait on."""
    ledger = desk(agreement(members({"ana": 1}, cap_30d=30)))
    ask(ledger, "first", 0)
    ask(ledger, "waiting", 10)
    ask(ledger, "newest", DAYS)  # at the very instant at which there is room again
    assert leads(ledger) == [("first", 0), ("waiting", DAYS)]
    assert [each.lead for each in ledger.state.waiting] == ["newest"]
