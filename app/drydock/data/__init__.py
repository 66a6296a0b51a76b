"""Typed readers of the data in drydock_resources."""
