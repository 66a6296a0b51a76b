"""Known failures in the lines of a log: found, put in order of cause, and each line's severity."""

from drydock.core.symptoms.ranking import Explanation, Symptom
from drydock.core.symptoms.scan import LogScanner, explain_text
from drydock.core.symptoms.severity import Severity, SeverityReader
from drydock.core.symptoms.signs import Rank, Sign, SignTable

__all__ = [
    "Explanation",
    "LogScanner",
    "Rank",
    "Severity",
    "SeverityReader",
    "Sign",
    "SignTable",
    "Symptom",
    "explain_text",
]
