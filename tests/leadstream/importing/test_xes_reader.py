import gzip
from collections.abc import Callable, Mapping

import pytest

from leadstream.importing import FilesError, Translation

Translate = Callable[[str, Mapping[str, str | bytes]], Translation]

MAPPING = """
name: trial
files:
  - role: log
    match: "log*"
    subject: case:concept:name
    time: time:timestamp
    rules:
      - when: {concept:name: A_SUBMITTED}
        fact: lead.captured
        data:
          profile: {answers.amount: {column: case:AMOUNT_REQ, then: integer}}
      - when: {concept:name: {starts_with: W_}}
        fact: lead.touched
        data: {channel: call, kind: dialled, direction: outbound, by: {column: org:resource}}
"""

CSV = """\
case:concept:name,case:AMOUNT_REQ,concept:name,org:resource,time:timestamp
1,20000,A_SUBMITTED,112,2011-10-01T00:38:44.546+02:00
1,20000,W_Call,,2011-10-01T11:36:46.437+02:00
1,20000,W_Call & more,10,soon
2,,A_SUBMITTED,112,2011-10-01T08:10:30.287+02:00
"""

XES = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- small on purpose -->
<log xes.version="1.0" XMLNS>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <global scope="event"><string key="concept:name" value="DEFAULT"/></global>
  <string key="concept:name" value="the log itself"/>
  <trace>
    <string key="concept:name" value="1"/>
    <int key="AMOUNT_REQ" value="20000"/>
    <event>
      <string key="concept:name" value="A_SUBMITTED"><string key="nested" value="no column"/></string>
      <string key="org:resource" value="112"/>
      <date key="time:timestamp" value="2011-10-01T00:38:44.546+02:00"/>
    </event>
    <event>
      <string key="concept:name" value="W_Call"/>
      <date key="time:timestamp" value="2011-10-01T11:36:46.437+02:00"/>
    </event>
    <event>
      <list key="ignored"><string key="org:resource" value="nobody"/></list>
      <string key="concept:name" value="W_Call &amp; more"/>
      <string key="org:resource" value="10"/>
      <date key="time:timestamp" value="soon"/>
    </event>
  </trace>
  <trace>
    <event>
      <string key="concept:name" value="A_SUBMITTED"/>
      <string key="org:resource" value="112"/>
      <date key="time:timestamp" value="2011-10-01T08:10:30.287+02:00"/>
    </event>
    <string key="concept:name" value="2"/>
  </trace>
</log>
"""


def told(translation: Translation) -> list[tuple[object, ...]]:
    return [(fact.type, fact.subject, fact.occurred_at, fact.id, fact.data) for fact in translation.facts()]


@pytest.mark.parametrize("namespace", ["", 'xmlns="http://www.xes-standard.org/"'])
def test_a_log_in_xes_gives_the_facts_it_gives_in_csv(translated: Translate, namespace: str) -> None:
    xes = XES.replace("XMLNS", namespace)
    as_csv = translated(MAPPING, {"log.csv": CSV})
    as_xes = translated(MAPPING, {"log.xes": xes})
    packed = translated(MAPPING, {"log.xes.gz": gzip.compress(xes.encode())})
    assert told(as_csv) == told(as_xes) == told(packed)
    assert as_csv.summary == as_xes.summary
    assert as_xes.summary.facts == {"lead.captured": 2, "lead.touched": 1}
    assert [fact.line for fact in as_xes.facts()] == [10, 27, 15]


def test_a_dead_event_is_given_as_xml_with_its_line(translated: Translate) -> None:
    (dead,) = translated(MAPPING, {"log.xes": XES.replace("XMLNS", "")}).dead
    assert (dead.line, dead.field, dead.reason) == (
        19,
        "time",
        "column `time:timestamp` 'soon' is not a date such as 2026-03-31, 31.03.2026 or 3/31/2026",
    )
    assert dead.original.decode() == (
        '<event><string key="case:concept:name" value="1"/><int key="case:AMOUNT_REQ" value="20000"/>'
        '<string key="concept:name" value="W_Call &amp; more"/><string key="org:resource" value="10"/>'
        '<date key="time:timestamp" value="soon"/></event>'
    )


def test_a_column_no_event_has_is_refused_and_those_there_are_named(translated: Translate) -> None:
    with pytest.raises(FilesError) as caught:
        translated(MAPPING, {"log.xes": XES.replace("XMLNS", "").replace("AMOUNT_REQ", "SUM")})
    (problem,) = caught.value.problems
    assert problem.startswith("log.xes: no event has a column `case:AMOUNT_REQ`; the file has `case:concept:name`")
    assert "`case:SUM`" in problem
    assert "nested" not in problem


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<log><trace>", "is not well-formed XML"),
        ("", "expected the element `log`, found none"),
        ("<html/>", "is not XES: expected the element `log`, found html"),
        ('<!DOCTYPE log [<!ENTITY a "aaaa">]><log>&a;</log>', "log.xes: has a DTD, which is not read"),
        ('<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>', "log.xes: has a DTD, which is not read"),
        ("<log>\xff</log>", "no event has a column"),
    ],
)
def test_a_file_that_is_no_xes_is_refused_as_a_whole(translated: Translate, content: str, message: str) -> None:
    with pytest.raises(FilesError, match=message):
        translated(MAPPING, {"log.xes": content})


def test_an_event_outside_a_trace_has_no_case_and_is_not_lost(translated: Translate) -> None:
    event = (
        '<event><string key="concept:name" value="A_SUBMITTED"/><date key="time:timestamp" value="2020-01-01"/></event>'
    )
    made = translated(MAPPING, {"log.xes": XES.replace("XMLNS", "").replace("</log>", f"{event}</log>")})
    assert made.summary.read == 5
    assert made.dead[-1].reason == "column `case:concept:name` is blank"
