"""Fixtures shared by all tests."""

pytest_plugins = [
    "tests.support.engine_fixtures",
    "tests.support.torch_fixtures",
    "tests.support.nvml_fixtures",
    "tests.support.driver_fixtures",
]
