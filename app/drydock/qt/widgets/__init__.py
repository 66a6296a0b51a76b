"""The window's own widgets, one module each; pages are built from these and import just what they need."""
