"""Everything about the package stands in pyproject.toml; here is only how its core becomes C.

With LEADSTREAM_COMPILE=1 a wheel is built in which mypyc has compiled the modules named below: the same sources, the
same bytes out, less time. Without it nothing is compiled, and no C compiler is needed.
"""

import os

from setuptools import setup

CORE = (
    "engine/deadlines.py",
    "engine/decided.py",
    "engine/held.py",
    "engine/joint.py",
    "engine/partitioning.py",
    "engine/recordtime.py",
    "engine/strands.py",
    "engine/together.py",
    "engine/transaction.py",
    "events/codec.py",
    "events/company_names.py",
    "events/ids.py",
    "events/instants.py",
    "events/limits.py",
    "events/sources.py",
    "events/texts.py",
    "streams/agents/admission.py",
    "streams/agents/lead_task.py",
    "streams/agents/room.py",
    "streams/agents/subject_task.py",
    "streams/agents/telling.py",
    "streams/agreement/compiled.py",
    "streams/agreement/evaluate.py",
    "streams/agreement/known.py",
    "streams/agreement/qualifying.py",
    "streams/agreement/rules.py",
    "streams/clocks.py",
    "streams/deciders/identity/evolve.py",
    "streams/deciders/identity/react.py",
    "streams/deciders/lead/alone.py",
    "streams/deciders/lead/cascade.py",
    "streams/deciders/lead/circumstances.py",
    "streams/deciders/lead/clock_facts.py",
    "streams/deciders/lead/closed.py",
    "streams/deciders/lead/decide.py",
    "streams/deciders/lead/engagement.py",
    "streams/deciders/envelopes.py",
    "streams/deciders/lead/evolve.py",
    "streams/deciders/lead/evolve_life.py",
    "streams/deciders/lead/given.py",
    "streams/deciders/lead/growth.py",
    "streams/deciders/lead/identity.py",
    "streams/deciders/lead/joined.py",
    "streams/deciders/lead/learning.py",
    "streams/deciders/lead/life.py",
    "streams/deciders/lead/nurture.py",
    "streams/deciders/lead/overdue.py",
    "streams/deciders/lead/ownership.py",
    "streams/deciders/lead/qualification.py",
    "streams/deciders/lead/reassigning.py",
    "streams/deciders/lead/ruled.py",
    "streams/deciders/lead/sharing.py",
    "streams/deciders/lead/sla.py",
    "streams/deciders/lead/union.py",
    "streams/deciders/lead/wake.py",
    "streams/deciders/pools/evolve.py",
    "streams/deciders/pools/react.py",
    "streams/deciders/pools/turns.py",
    "streams/deciders/subject.py",
    "streams/matching/companies.py",
    "streams/matching/keys.py",
    "streams/matching/people.py",
    "streams/routing.py",
    "streams/scoring/crossing.py",
    "streams/scoring/decay.py",
    "streams/scoring/engagement.py",
    "streams/scoring/falling.py",
    "streams/scoring/hits.py",
    "streams/scoring/holding.py",
    "streams/scoring/levels.py",
    "streams/scoring/reasons.py",
    "streams/scoring/score.py",
    "streams/scoring/standing.py",
    "streams/scoring/tally.py",
)
"""What a record passes on its way. Left out: what defines msgspec structs or is asked rarely."""


def main() -> None:
    """Build."""
    if os.environ.get("LEADSTREAM_COMPILE") != "1":
        setup()
        return
    from mypyc.build import mypycify  # noqa: PLC0415 - it is only there to compile

    setup(ext_modules=mypycify(["--config-file", "pyproject.toml", *CORE], opt_level="3", debug_level="0"))


if __name__ == "__main__":
    main()
