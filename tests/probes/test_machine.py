import pytest

from drydock_probes import machine


@pytest.mark.parametrize(
    ("architectures", "capability", "expected"),
    [
        (["sm_80", "sm_90"], (8, 0), "binary"),
        (["sm_80", "sm_90"], (8, 9), "binary"),
        (["sm_86"], (8, 0), "none"),
        (["sm_80"], (9, 0), "none"),
        (["sm_80", "compute_80"], (9, 0), "ptx"),
        (["sm_90a"], (9, 0), "binary"),
        (["sm_90a"], (9, 1), "none"),
        (["sm_100"], (10, 3), "binary"),
        (["sm_100", "sm_120"], (12, 0), "binary"),
        (["compute_120"], (10, 0), "none"),
        (["gfx90a"], (9, 0), "none"),
        ([], (8, 0), "unknown"),
    ],
)
def test_coverage_follows_the_same_major_rule(architectures, capability, expected):
    assert machine.coverage(architectures, capability) == expected


def test_what_needs_no_torch_is_told_without_it():
    found = machine.around()
    assert found["cpu"]["threads"] >= 1
    assert found["python"].startswith("3.")
    assert "PATH" not in found["environment"]
