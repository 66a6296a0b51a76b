"""Why a container or a build ended."""

import pytest

from drydock.core.launch.ending import build_failure, ending_trouble
from drydock.data.knowledge import trouble_article, trouble_articles


@pytest.mark.parametrize(
    ("code", "oom", "expected"),
    [
        (137, True, "launch-died-memory"),
        (137, False, "launch-died-signal"),
        (135, False, "launch-died-shm"),
        (139, False, "launch-died-signal"),
        (127, False, "launch-died-command"),
        (126, False, "launch-died-command"),
        (1, False, "launch-died"),
        (0, False, "launch-died"),
        (None, False, "launch-died"),
    ],
)
def test_endings(code, oom, expected):
    trouble = ending_trouble("n", code, oom_killed=oom, log=["first", "last words"])
    assert trouble.id == expected
    article = trouble_article(trouble)
    assert "last words" in article.text
    assert "(" not in article.title


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED]", "launch-build-certificate"),
        ("W: Failed to fetch x  Temporary failure resolving 'deb.example'", "launch-build-no-network"),
        ("Failed to establish a new connection: [Errno 101] Network is unreachable", "launch-build-no-network"),
        ("/bin/sh: python3: not found", "launch-build-no-python"),
        ("/opt/drydock/venv/bin/python: No module named pip", "launch-build-no-python"),
        ("/bin/sh: 1: apt-get: not found", "launch-build-no-apt"),
        ("OSError: [Errno 28] No space left on device", "launch-build-disk-full"),
        ("ERROR: something else", "launch-build-failed"),
    ],
)
def test_build_failures(line, expected):
    assert build_failure(["Step 1", line, "exit 1"]) == expected
    assert expected in trouble_articles()
