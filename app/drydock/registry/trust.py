"""Whose certificates count: those the engine trusts, those of a single registry, those the user's variables name."""

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_FOLDER_VARIABLE = "SSL_CERT_DIR"
_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Gentoo
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # CentOS
    "/etc/ssl/cert.pem",  # Alpine
)
"""Where Linux systems keep what they trust. OpenSSL as it comes with a frozen app knows only one of these places."""


class BadCertificate(Exception):  # noqa: N818 - caught and turned into a Trouble by the caller
    """A file of certificates that is to be used cannot be; the text says which and why."""


class Trust:
    """Makes the TLS settings for each host, once."""

    def __init__(self, variables: Mapping[str, str], folders: Sequence[Path]) -> None:
        """Prepare.

        Args:
            variables: the user's, for the files they name.
            folders: hold a folder of certificates for each host (``host:port``).
        """
        self._variables = variables
        self._folders = tuple(folders)
        self._made: dict[tuple[str, bool], ssl.SSLContext] = {}

    def context(self, host: str, *, verified: bool) -> ssl.SSLContext:
        """Return the TLS settings for a host.

        Args:
            host: with port where one is written.
            verified: whether its certificate must be trusted.

        Raises:
            BadCertificate: a file that was named for this cannot be used.
        """
        key = (host, verified)
        if key not in self._made:
            self._made[key] = self._make(host, verified=verified)
        return self._made[key]

    def _make(self, host: str, *, verified: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if verified:
            self._load_authorities(context)
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        for folder in self._folders:
            _load_folder(context, folder / host)
        return context

    def _load_authorities(self, context: ssl.SSLContext) -> None:
        named = next((value for name in _BUNDLE_VARIABLES if (value := self._variables.get(name))), "")
        folder = self._variables.get(_FOLDER_VARIABLE, "")
        if named:
            _load(context, Path(named))
            return
        if folder and Path(folder).is_dir():
            context.load_verify_locations(capath=folder)
            return
        system = next((path for path in _SYSTEM_BUNDLES if Path(path).is_file()), "")
        if system:
            _load(context, Path(system))
        else:
            context.load_default_certs()


def _load(context: ssl.SSLContext, path: Path) -> None:
    try:
        if path.is_dir():
            context.load_verify_locations(capath=str(path))
        else:
            context.load_verify_locations(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        raise BadCertificate(f"{path}: {error.strerror or error}") from error


def _load_folder(context: ssl.SSLContext, folder: Path) -> None:
    try:
        files = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError:
        return
    for path in files:
        if path.suffix == ".crt":
            _load_if_readable(context, path)
        elif path.suffix == ".cert":
            _load_own(context, path, path.with_suffix(".key"))


def _load_if_readable(context: ssl.SSLContext, path: Path) -> None:
    try:
        path.read_bytes()
    except OSError:
        # the engine, which is root, can read more; what is missing here shows when the server is asked
        return
    _load(context, path)


def _load_own(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        certificate.read_bytes()
        key.read_bytes()
    except OSError:
        return
    try:
        # without a password of ours OpenSSL would ask for one on the terminal
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError) as error:
        raise BadCertificate(f"{certificate}: {error.strerror or error}") from error
