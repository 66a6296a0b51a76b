"""What a person can ask for. A job knows no Qt, tells typed steps, obeys a stop, ends with a result or a Trouble."""

from drydock.jobs.job import Job, Tell

__all__ = ["Job", "Tell"]
