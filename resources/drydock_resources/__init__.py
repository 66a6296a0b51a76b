"""Data shipped with Drydock, read with importlib.resources."""
