"""One question per function: from a snapshot to a finding."""
