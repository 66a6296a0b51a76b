"""The style sheet's template."""
