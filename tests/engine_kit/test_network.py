"""What a build is handed on an ordinary and on a peculiar network."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.engine.network import build_network_settings
from tests.support.engine.state import EngineTrouble


def test_nothing_on_an_ordinary_network() -> None:
    settings = build_network_settings({"PATH": "/usr/bin", "PIP_EXTRA_INDEX_URL": "file:///srv/wheels"})
    assert settings.build_args == {}
    assert settings.files == {}
    assert settings.dockerfile_lines == []


def test_proxy_index_and_certificates_are_handed_over(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(b"-----BEGIN CERTIFICATE-----")
    settings = build_network_settings(
        {
            "https_proxy": "http://proxy.example:3128",
            "PIP_INDEX_URL": "https://index.example/simple",
            "PIP_EXTRA_INDEX_URL": "file:///srv/wheels https://more.example/simple",
            "SSL_CERT_FILE": str(bundle),
        }
    )
    assert settings.build_args == {
        "https_proxy": "http://proxy.example:3128",
        "PIP_INDEX_URL": "https://index.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://more.example/simple",
        "PIP_CERT": "/etc/ssl/certs/ca-certificates.crt",
        "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
    }
    assert settings.files == {"ca-certificates.crt": b"-----BEGIN CERTIFICATE-----"}
    assert settings.dockerfile_lines == [
        "COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt",
        "ARG PIP_CERT",
        "ARG PIP_EXTRA_INDEX_URL",
        "ARG PIP_INDEX_URL",
        "ARG SSL_CERT_FILE",
    ]


def test_a_missing_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineTrouble, match="no-such-bundle"):
        build_network_settings({"PIP_CERT": str(tmp_path / "no-such-bundle.pem")})
