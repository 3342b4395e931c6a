"""Memory does not grow with the rows of a file."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.process import REPOSITORY

MAPPING = """
name: long
zone: UTC
files:
  - role: list
    match: "*"
    subject: id
    time: at
    key: KEY
    rules:
      - {when: {kind: bad}, fact: lead.captured, data: {form: {column: none, blank: refuse}}}
      - {fact: lead.captured, data: {source: list, profile: {answers.text: {column: text}}}}
"""
PROGRAM = """
import resource, sys
from pathlib import Path
from leadstream.importing import load_mapping, match_files, translate
mapping = load_mapping(Path(sys.argv[1]))
made = translate(mapping, match_files(mapping, [Path(sys.argv[2])]))
facts = sum(1 for _ in made.facts())
dead = sum(1 for _ in made.dead)
print(facts, dead, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
TEXT = "x" * 2000
FEW, MANY = 30_000, 90_000
"""Rows: of those few the facts fill what is held in memory already, some 60 MB; of those many they would need 180."""


def peak(folder: Path, rows: int, key: str) -> int:
    """MiB that an import of so many rows needs, every tenth of them a dead one."""
    path = folder / "list.csv"
    with path.open("w") as file:
        file.write("id,at,kind,none,text\n")
        for number in range(rows):
            day, place = number % 28 + 1, number * 7919 % rows
            file.write(f"L-{place},2026-01-{day:02},{'bad' if number % 10 == 0 else 'good'},,{TEXT}\n")
    mapping = folder / "long.yaml"
    mapping.write_text(MAPPING.replace("KEY", key))
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(mapping), str(path)],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    facts, dead, kib = (int(word) for word in run.stdout.split())
    assert (facts, dead) == (rows - rows // 10, rows // 10)
    return kib // 1024


@pytest.mark.slow
@pytest.mark.parametrize("key", ["id", "[{row: subject}, {row: facts}]"])
def test_three_times_the_rows_need_no_more_memory(tmp_path: Path, key: str) -> None:
    assert peak(tmp_path, MANY, key) < peak(tmp_path, FEW, key) + 40
