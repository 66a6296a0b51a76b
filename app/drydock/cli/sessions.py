"""``drydock sessions``: list, logs, connect, start, stop, remove."""

import shlex

import click
import msgspec

from drydock.cli.base import docker_program, engine_option, json_option, note, open_context, print_json, run_job
from drydock.cli.shell import Shell
from drydock.core.launch import short_digest
from drydock.jobs.sessions import Session


@click.group(invoke_without_command=True)
@engine_option
@json_option
@click.pass_context
def sessions(context: click.Context, engine: str, as_json: bool) -> None:
    """Show the sessions that Drydock launched, follow, connect to, stop and remove them."""
    shell = context.find_object(Shell)
    assert shell is not None
    shell.engine = engine or shell.engine
    if context.invoked_subcommand is None:
        context.invoke(list_sessions, as_json=as_json)
    elif as_json:
        # every command below has the same option, and what stands before it counts for it
        context.default_map = {name: {"as_json": True} for name in sessions.commands}


@sessions.command("list")
@engine_option
@json_option
def list_sessions(engine: str = "", as_json: bool = False) -> None:
    """List sessions, running or not."""
    from drydock.data.knowledge import ending_article
    from drydock.jobs.session import ending_of_session
    from drydock.jobs.sessions import ListSessionsJob

    with open_context(engine) as context:
        found = run_job(ListSessionsJob(context), lambda _step: None, as_json=as_json)
    if as_json:
        print_json("sessions", {"sessions": found})
        return
    for session in found:
        ports = ", ".join(f"{one.service} {one.port}" for one in session.services if one.port)
        state = session.state if session.exit_code is None else f"{session.state} ({session.exit_code})"
        digest = f"@{short_digest(session.digest)}" if session.digest else ""
        click.echo(f"{session.name:28} {state:14} {session.image}{digest}  {ports}".rstrip())
        # the name is repeated, since standard error may go elsewhere
        ending = ending_of_session(session)
        if ending is not None and not ending.expected:
            note(f"{session.name}: {ending_article(ending.kind, ending.code, ending.signal).text}")
    if not found:
        note("There are no sessions. Start one with: drydock launch --jupyter")


@sessions.command()
@click.argument("name")
@click.option("--tail", type=click.IntRange(min=0), default=1000, show_default=True, help="Lines of the past.")
@click.option("--follow/--no-follow", "-f", default=False, help="Go on with lines to come.")
@engine_option
@json_option
def logs(name: str, tail: int, follow: bool, engine: str, as_json: bool) -> None:
    """Print a session's log."""
    from drydock.jobs.sessions import FollowLogsJob

    if as_json and follow:
        raise click.UsageError("--json prints one object at the end, so it does not go with --follow")
    lines: list[str] = []
    take = lines.append if as_json else click.echo
    with open_context(engine) as context:
        job = FollowLogsJob(context, name, tail=tail, follow=follow)
        run_job(job, lambda step: take(step.text), as_json=as_json)
    if as_json:
        print_json("log", {"name": name, "lines": lines})


@sessions.command()
@click.argument("name")
@click.option("--open", "open_browser", is_flag=True, help="Open Jupyter in the browser.")
@engine_option
@json_option
def connect(name: str, open_browser: bool, engine: str, as_json: bool) -> None:
    """Show how to get into a running session."""
    from drydock.jobs.sessions import ConnectJob

    with open_context(engine) as context:
        found = run_job(ConnectJob(context, name), lambda _step: None, as_json=as_json)
        docker = shlex.join(docker_program(context.engine))
    if as_json:
        print_json("connection", found)
    else:
        if found.remote:
            note("The engine is on another computer, and these ports are open there: forward them with 'ssh -L' first.")
        if found.jupyter_url:
            click.echo(f"Jupyter:     {found.jupyter_url}")
        if found.tensorboard_url:
            click.echo(f"TensorBoard: {found.tensorboard_url}")
        if found.ssh_command:
            click.echo(f"SSH:         {' '.join(found.ssh_command)}")
            click.echo(f"Host key:    {found.ssh_host_key}")
        click.echo(f"Shell:       {docker} exec -it {found.name} bash")
    if open_browser and found.jupyter_url:
        click.launch(found.jupyter_url)


@sessions.command()
@click.argument("name")
@engine_option
@json_option
def start(name: str, engine: str, as_json: bool) -> None:
    """Start a session again that was stopped or ended."""
    from drydock.jobs.sessions import StartSessionJob

    with open_context(engine) as context:
        _show(run_job(StartSessionJob(context, name), lambda _step: None, as_json=as_json), as_json=as_json)


@sessions.command()
@click.argument("name")
@click.option("--grace", type=click.IntRange(0, 600), default=10, show_default=True, help="Seconds for its end.")
@engine_option
@json_option
def stop(name: str, grace: int, engine: str, as_json: bool) -> None:
    """Stop a session; it is kept and can be started again."""
    from drydock.jobs.sessions import StopSessionJob

    with open_context(engine) as context:
        job = StopSessionJob(context, name, grace=grace)
        _show(run_job(job, lambda _step: None, as_json=as_json), as_json=as_json)


@sessions.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="End it first when it runs.")
@engine_option
@json_option
def remove(name: str, force: bool, engine: str, as_json: bool) -> None:
    """Remove a session; directories and volumes stay."""
    from drydock.jobs.sessions import RemoveSessionJob

    with open_context(engine) as context:
        removed = run_job(RemoveSessionJob(context, name, force=force), lambda _step: None, as_json=as_json)
    if as_json:
        print_json("removed", {"name": removed})
    else:
        click.echo(f"{removed} was removed")


def _show(session: Session, *, as_json: bool) -> None:
    if as_json:
        print_json("session", msgspec.to_builtins(session))
    else:
        click.echo(f"{session.name}: {session.state}")
