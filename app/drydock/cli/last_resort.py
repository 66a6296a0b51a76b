"""Runs the command line to its end: whatever happens becomes an exit code and words, never a bare traceback."""

import contextlib
import errno
import os
import sys
from typing import NoReturn

import click

from drydock import __version__
from drydock.cli.app import drydock
from drydock.cli.base import BROKEN, STOPPED, USAGE, note, print_json
from drydock.cli.shell import Shell

_OUTPUT_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG))


def run_command_line(shell: Shell) -> NoReturn:
    """Run the command that the arguments name, and exit with its code."""
    code = _ended(shell)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as error:
        code = _output_failed(error)
    sys.exit(code)


def _ended(shell: Shell) -> int:
    as_json = _wants_json(sys.argv[1:])
    try:
        result: object = drydock.main(standalone_mode=False, obj=shell)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else BROKEN
    except click.ClickException as error:
        return _wrong_usage(error, as_json=as_json)
    except (click.Abort, KeyboardInterrupt, EOFError):
        if as_json:
            print_json("stopped", {})
        note("Stopped.")
        return STOPPED
    except Exception as error:  # noqa: BLE001 - this is the last resort
        if isinstance(error, OSError) and error.filename is None and error.errno in {errno.EPIPE, *_OUTPUT_FULL}:
            return _output_failed(error)
        return say_bug(error, as_json=as_json)
    return result if isinstance(result, int) else 0


def _wants_json(words: list[str]) -> bool:
    """Say whether ``--json`` stands among the options; behind ``--`` it belongs to another program."""
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def _wrong_usage(error: click.ClickException, *, as_json: bool) -> int:
    if as_json:
        text = error.format_message()
        body = {"id": "wrong-usage", "title": "The command was not understood", "text": text, "remedy": "See --help."}
        print_json("trouble", {**body, "values": {}})
    error.show()
    return error.exit_code or USAGE


def _output_failed(error: OSError) -> int:
    """Say that the output has no place to go; a reader that went away, as ``head`` does, is told nothing."""
    if error.errno != errno.EPIPE:
        with contextlib.suppress(OSError):
            note(f"The output could not be written: {error.strerror}.")
    # what is still buffered would fail once more when the interpreter ends
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(nothing, stream.fileno())
    return BROKEN


def say_bug(error: Exception, *, as_json: bool) -> int:
    """Say that this is a bug in Drydock, with a redacted report, and return the exit code."""
    import traceback

    from drydock.core.trouble import Trouble
    from drydock.data.knowledge import trouble_article

    report = _redacted("".join(traceback.format_exception(error)))
    last = report.strip().splitlines()[-1].rstrip(".")
    article = trouble_article(Trouble("internal-error", text=last))
    if as_json:
        body = {"id": "internal-error", "title": article.title, "text": article.text, "remedy": article.remedy}
        print_json("trouble", {**body, "values": {"report": report}})
    note(click.style("This is a bug in Drydock, not in your machine.", bold=True))
    note(f"The report, with personal things taken out:\n\nDrydock {__version__}, Python {sys.version.split()[0]}\n")
    note(report)
    return BROKEN


def _redacted(text: str) -> str:
    from drydock.core.redact import Redactor

    try:
        from drydock.cli.base import open_context
        from drydock.jobs.report import make_redactor

        with open_context() as context:
            return make_redactor(context).text(text)
    except Exception:  # noqa: BLE001 - what is broken may be this very part
        return Redactor().text(text)
