"""Agreements for the stories of a lead."""

DESK = """
agreement: desk
version: 1
effective_from: 2025-01-01T00:00:00+00:00
statuses:
  Contacted: {means: working}
  Nurturing: {means: nurturing}
  Unqualified: {means: unqualified}
  Won: {means: converted}
  Shelved: {means: archived}
sales_clauses:
  first_response: {starts_on: captured, stopped_by: {touch: {channel: [call, email]}}, within: 30m, warn_at: 80%}
late_facts_accepted: 7d
"""
"""A call within half an hour of the capture."""

PAUSED = DESK.replace("warn_at: 80%", "warn_at: 80%, paused_in: [Nurturing]")
"""The same, but the clock stands still while the lead is nurtured."""

IMPATIENT = DESK.replace("late_facts_accepted: 7d", "late_facts_accepted: 1h")
"""Late facts change a verdict within an hour of the due, no later."""

SCORED = """
agreement: scored
version: 1
effective_from: 2025-01-01T00:00:00+00:00
statuses: {Contacted: {means: working}, Unqualified: {means: unqualified}, Won: {means: converted}}
scoring:
  fit:
    - {points: 20, when: {field: company.employees, at_least: 100}}
    - {points: -50, when: {field: person.email_domain, in: free_mail}}
  engagement:
    groups: {intent: {cap: 60}}
    rules:
      - {points: 40, group: intent, touch: {channel: website, asset: pricing}, repeat: once, buying_signal: Saw prices}
      - {points: 40, group: intent, touch: {channel: webinar}}
      - {points: 10, touch: {channel: lead_magnet}}
    decay: {linear: 50%, per: 30d}
  grades: {A: 50, B: 30, C: 0}
"""
"""Points only."""

QUALIFYING = (
    SCORED.replace("agreement: scored", "agreement: qualifying")
    + """
qualified_lead:
  required_fields: [company.name]
  demographic: {all: [{field: company.employees, at_least: 100}]}
  behavioural: {any: [{score: engagement, at_least: 50}, {answer: contact_me, equals: true}]}
sales_clauses:
  first_response: {starts_on: handed_over, stopped_by: {touch: {channel: call}}, within: 30m}
marketing_clauses:
  hand_over: {starts_on: qualified, stopped_by: handed_over, within: 1h}
"""
)
"""Points, a definition of a good lead, and clocks on both sides of the hand-over."""
