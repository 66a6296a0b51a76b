"""The command ``drydock``. Each subcommand's module is imported when it is called, so that ``--help`` stays quick."""

import importlib
import os

import click

from drydock import __version__
from drydock.cli.shell import Shell

_COMMANDS = {
    "gui": ("drydock.cli.gui", "gui", "Open the window."),
    "doctor": ("drydock.cli.doctor", "doctor", "Say what is wrong with this machine, and what to do."),
    "mend": ("drydock.cli.mend", "mend", "Apply a remedy with your consent, take it back, read the log of it."),
    "images": ("drydock.cli.images", "images", "Recommend, list, pull and inspect images."),
    "launch": ("drydock.cli.launch", "launch", "Start a container with GPUs, ports and volumes."),
    "starter": ("drydock.cli.starter", "starter", "Write a small Transformer project to begin with."),
    "sessions": ("drydock.cli.sessions", "sessions", "List, follow, connect to, stop and remove sessions."),
    "probe": ("drydock.cli.probe", "probe", "Prove with real kernels that the GPU works."),
    "bench": ("drydock.cli.bench", "bench", "Measure a Transformer's training speed."),
    "monitor": ("drydock.cli.monitor", "monitor", "Show GPU memory and utilisation live."),
    "explain": ("drydock.cli.explain", "explain", "Say what the lines of a log mean, root cause first."),
    "record": ("drydock.cli.record", "record", "Record this machine in a directory that can be replayed."),
    "report": ("drydock.cli.report", "report", "Write a bundle that opens on another computer."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, name, _ = _COMMANDS[cmd_name]
        return getattr(importlib.import_module(module), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in _COMMANDS.items()])


@click.group(cls=_Lazy, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="drydock")
@click.option(
    "--engine", default="", metavar="ADDRESS|CONTEXT", help="Container engine; else DOCKER_HOST or the context."
)
@click.option("--machine", default="", metavar="BUNDLE|DIR|SAMPLE", help="Open a recorded machine in the window.")
@click.pass_context
def drydock(context: click.Context, engine: str, machine: str) -> None:
    """Find out what this machine can run, repair it, and start PyTorch on its GPUs in the right container.

    Without a command the window opens.
    """
    shell = context.find_object(Shell)
    assert shell is not None
    shell.engine = engine
    # see no-color.org and force-color.org; rich obeys them by itself, click does not
    if os.environ.get("NO_COLOR"):
        context.color = False
    elif os.environ.get("FORCE_COLOR"):
        context.color = True
    if context.invoked_subcommand is None:
        from drydock.cli.gui import gui

        context.invoke(gui, machine=machine)
    elif machine:
        raise click.UsageError("--machine belongs after the command: drydock doctor --machine FILE")
