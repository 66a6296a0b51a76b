"""Reference figures of known parts, with their sources."""
