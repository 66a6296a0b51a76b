"""From a choice and a snapshot to a launch plan; preflight and renderings."""
