"""Import by mapping: rows of any event log into facts, by rules written in YAML. Pure but for reading the files."""

from leadstream.importing.load import content_of_file, digest, load_mapping, match_files
from leadstream.importing.model import ImportMapping
from leadstream.importing.problems import FilesError, MappingError, Problem
from leadstream.importing.translation import Translation, glance, prepared, translate
from leadstream.importing.values import Aside, DeadRow, Imported, Skipped, Summary
from leadstream.importing.written import Options, Written

__all__ = [
    "Aside",
    "DeadRow",
    "FilesError",
    "ImportMapping",
    "Imported",
    "MappingError",
    "Options",
    "Problem",
    "Skipped",
    "Summary",
    "Translation",
    "Written",
    "content_of_file",
    "digest",
    "glance",
    "load_mapping",
    "match_files",
    "prepared",
    "translate",
]
