"""Why a container or a build ended."""

from typing import get_args

import pytest

from drydock.core.launch.ending import EndingKind, build_failure, ending_of, ending_trouble
from drydock.data.knowledge import ending_article, trouble_article, trouble_articles


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


@pytest.mark.parametrize(
    ("code", "oom", "kind", "signal"),
    [
        (0, False, "well", 0),
        (0, True, "well", 0),
        (1, False, "failed", 0),
        (1, True, "memory_inside", 0),
        (125, False, "engine", 0),
        (126, False, "not_runnable", 0),
        (127, False, "not_found", 0),
        (130, False, "interrupted", 2),
        (132, False, "illegal", 4),
        (134, False, "abort", 6),
        (135, False, "shm", 7),
        (137, False, "killed", 9),
        (137, True, "memory", 9),
        (139, False, "segfault", 11),
        (139, True, "memory_inside", 11),
        (143, False, "terminated", 15),
        (129, False, "signal", 1),
        (255, False, "failed", 0),
    ],
)
def test_an_ended_container_is_told_apart_by_status_and_mark(code, oom, kind, signal):
    ending = ending_of(code, oom_killed=oom)
    assert (ending.kind, ending.signal) == (kind, signal)
    assert ending.expected == (kind in ("well", "terminated", "interrupted"))


@pytest.mark.parametrize("kind", get_args(EndingKind))
def test_every_ending_has_its_words(kind):
    article = ending_article(kind, 3, 1)
    assert article.title
    assert article.text
    assert "(" not in article.title.replace("(signal", "")
