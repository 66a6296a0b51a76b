"""Carries probe programs into a container or the host's Python and reads their records."""
