"""Import by mapping: rows of any event log into facts, by rules written in YAML. Pure but for reading the files."""

from leadstream.importing.load import digest, load_mapping, match_files
from leadstream.importing.model import ImportMapping
from leadstream.importing.problems import FilesError, MappingError, Problem
from leadstream.importing.translation import Translation, translate
from leadstream.importing.values import DeadRow, Imported, Skipped, Summary

__all__ = [
    "DeadRow",
    "FilesError",
    "ImportMapping",
    "Imported",
    "MappingError",
    "Problem",
    "Skipped",
    "Summary",
    "Translation",
    "digest",
    "load_mapping",
    "match_files",
    "translate",
]
