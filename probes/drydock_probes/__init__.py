"""Programs that run inside the container: standard library and torch only, Python 3.8."""
