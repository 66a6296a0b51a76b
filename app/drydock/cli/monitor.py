"""``drydock monitor``: GPU memory, utilisation and who uses them, live."""

import click

from drydock.cli.base import engine_option, human_memory, json_option, note, open_context, print_json, run_job, troubles
from drydock.core.facts import GpuProcess, GpuSample, Known, Missing, MonitorSample, known_or, missing_text
from drydock.jobs import Job
from drydock.jobs.context import Context


@click.command()
@click.option("--interval", type=click.FloatRange(0.1, 3600), default=1.0, show_default=True, metavar="S")
@click.option(
    "--count", type=click.IntRange(min=1), default=None, metavar="N", help="Samples to take; else until Ctrl-C."
)
@click.option("--machine", default="", metavar="BUNDLE|DIR|SAMPLE", help="Play a recorded machine's trace.")
@engine_option
@json_option
def monitor(interval: float, count: int | None, machine: str, engine: str, as_json: bool) -> None:
    """Show memory, utilisation, temperature and power of every GPU, and the containers that use them.

    With --json the samples are printed as one object at the end (one sample unless --count says more).
    """
    samples: list[MonitorSample] = []
    count = count or (1 if as_json else None)

    def draw(sample: MonitorSample) -> None:
        if as_json:
            samples.append(sample)
        else:
            _print(sample)

    with open_context(engine) as context:
        run_job(_job(context, interval, count, machine, as_json=as_json), draw, as_json=as_json)
    if as_json:
        print_json("monitor", {"interval": interval, "samples": samples})


def _job(context: Context, interval: float, count: int | None, machine: str, *, as_json: bool) -> Job[int]:
    from drydock.jobs.watch import PlayTraceJob, WatchControl, WatchJob

    control = WatchControl(interval)
    if not machine:
        return WatchJob(context, control, count)
    from drydock.data.machine import open_machine

    with troubles(as_json=as_json):
        recorded = open_machine(machine)
    note(f"Recorded machine: {recorded.card.title}. Nothing shown is this computer.")
    return PlayTraceJob(recorded.trace, control, count)


def _print(sample: MonitorSample) -> None:
    click.echo(f"{sample.t:8.1f} s")
    for gpu in sample.gpus:
        click.echo(f"  GPU {gpu.index}  {_readings(gpu)}")
    for group in sample.processes or ():
        if isinstance(group.processes, Missing):
            click.echo(f"    processes: {missing_text(group.processes)}")
            continue
        for process in group.processes.value:
            click.echo(f"    {_process(process)}")
    for call in sample.slow_calls:
        note(f"  slow driver call, asked less often: {call}")


def _readings(gpu: GpuSample) -> str:
    used, total = gpu.memory_used, gpu.memory_total
    memory = human_memory(used.value) if isinstance(used, Known) else missing_text(used)
    if isinstance(total, Known):
        memory += f" of {human_memory(total.value)}"
    parts = [
        f"memory {memory}",
        f"utilisation {known_or(gpu.utilisation, '-')} %",
        f"{known_or(gpu.temperature, '-')} °C",
        f"{known_or(gpu.power, 0.0):.0f} W" if isinstance(gpu.power, Known) else "- W",
        f"SM {known_or(gpu.sm_clock, '-')} MHz",
    ]
    return "  ".join(parts)


def _process(process: GpuProcess) -> str:
    memory = human_memory(process.memory_used.value) if isinstance(process.memory_used, Known) else "-"
    owner = f"  in {process.container.value}" if isinstance(process.container, Known) else ""
    return f"{process.pid:>8}  {known_or(process.name, '?')}  {memory}{owner}"
