"""Write the sample machines under resources/drydock_resources/machines.

The samples are composed, not recorded from hardware: the parts' properties come from their makers' published
specifications, the readings of the live trace follow simple curves. Every card says so.

    python packaging/make_samples.py
"""

import math
import shutil
from pathlib import Path

import msgspec

from drydock import __version__
from drydock.core.facts import (
    Cpu,
    Disk,
    Distribution,
    Driver,
    Engine,
    Gpu,
    GpuProcess,
    GpuProcesses,
    GpuSample,
    Host,
    HostTorch,
    Known,
    LocalImage,
    Memory,
    Missing,
    MonitorSample,
    NvmlState,
    PciGpu,
    Port,
    Reach,
    Snapshot,
    Toolkit,
    User,
)
from drydock.core.facts.engine import CdiSpec
from drydock.data.machine import MachineCard

TARGET = Path(__file__).parent.parent / "resources" / "drydock_resources" / "machines"
GIB = 1 << 30
MIB = 1 << 20
TAKEN_AT = "2026-11-20T09:30:00Z"
NOT_ASKED = Missing("not_asked")
COMPOSED = "Composed from published specifications to show what Drydock looks like; nobody's computer was read."


def host(
    *, pretty, identity, version, kernel, cpu, cores, threads, memory, wsl=False, groups=("docker",), disk=GIB * 900
):
    return Host(
        system="linux",
        distribution=Known(Distribution(id=identity, version=version, pretty=pretty, like=("debian",))),
        kernel=Known(kernel),
        architecture="amd64",
        wsl=Known(wsl),
        in_container=Known(False),
        cpu=Known(Cpu(model=cpu, cores=cores, threads=threads)),
        memory=Known(Memory(total=memory, available=int(memory * 0.8), swap_total=8 * GIB)),
        shm_total=Known(memory // 2),
        disks=(
            Disk(purpose="engine data", path="/var/lib/docker", total=Known(2 * disk), free=Known(disk)),
            Disk(purpose="home", path="/home/sample", total=Known(2 * disk), free=Known(disk)),
        ),
        user=Known(User(uid=1000, groups=("sample", *groups), database_groups=("sample", *groups))),
        environment={},
    )


def gpu(
    index,
    *,
    name,
    cc,
    memory,
    power_limit,
    sm,
    mem,
    pcie,
    utilisation=0,
    used=400 * MIB,
    power=30.0,
    mig=None,
    pci=None,
):
    return Gpu(
        index=index,
        state="ok",
        uuid=Known(f"GPU-00000000-0000-0000-0000-{index + 1:012d}"),
        name=Known(name),
        pci_bus_id=Known(pci or f"00000000:{index + 1:02X}:00.0"),
        compute_capability=Known(cc),
        memory_total=Known(memory),
        memory_used=Known(used),
        mig=Known(mig) if mig is not None else Missing("not_supported"),
        temperature=Known(41),
        power=Known(power),
        power_limit=Known(power_limit),
        default_power_limit=Known(power_limit),
        sm_clock=Known(210),
        memory_clock=Known(405),
        max_sm_clock=Known(sm),
        max_memory_clock=Known(mem),
        utilisation=Known(utilisation),
        event_reasons=Known(1),
        pcie_generation=Known(pcie),
        pcie_width=Known(16),
        max_pcie_generation=Known(pcie),
        max_pcie_width=Known(16),
        ecc=Known(True) if mig is not None else Missing("not_supported"),
        persistence=Known(mig is not None),
    )


def driver(version, cuda, gpus, *, module=None, wsl=False):
    return Driver(
        nvml=NvmlState(kind="ready"),
        version=Known(version),
        cuda=Known(cuda),
        module_version=Missing("not_applicable", "the driver belongs to Windows") if wsl else Known(module or version),
        device_nodes=Known(("dxg",) if wsl else (*(f"nvidia{i}" for i in range(gpus)), "nvidia-uvm", "nvidiactl")),
        pci_gpus=Missing("not_applicable")
        if wsl
        else Known(
            tuple(
                PciGpu(address=f"0000:{i + 1:02x}:00.0", device_id="2684", driver=Known("nvidia")) for i in range(gpus)
            )
        ),
        library_files=Known(
            ("/usr/lib/wsl/lib/libnvidia-ml.so.1",)
            if wsl
            else (f"/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.{version}",)
        ),
    )


def engine(version, *, system, runtimes, cdi=(), memory, cpus, data_root="/var/lib/docker", free=900 * GIB, images=()):
    return Engine(
        endpoint="unix:///var/run/docker.sock",
        chosen_by="default",
        reach=Reach(kind="ready"),
        product=Known("Docker Engine"),
        version=Known(version),
        api_version=Known("1.51"),
        operating_system=Known(system),
        architecture=Known("amd64"),
        remote=False,
        rootless=Known(False),
        cgroup_version=Known("2"),
        cgroup_driver=Known("systemd"),
        storage_driver=Known("overlay2"),
        data_root=Known(data_root),
        data_root_free=Known(free),
        memory=Known(memory),
        cpus=Known(cpus),
        runtimes=Known(runtimes),
        default_runtime=Known("runc"),
        cdi_devices=Known(cdi),
        images=Known(images),
    )


def toolkit(version, specs=()):
    return Toolkit(
        version=Known(version),
        runtime_path=Known("/usr/bin/nvidia-container-runtime"),
        hook_path=Known("/usr/bin/nvidia-container-runtime-hook"),
        cdi_specs=Known(specs),
    )


def ports(taken=None):
    owner = dict(taken or {})
    return tuple(
        Port(number=number, taken=Known(number in owner), owner=Known(owner[number]) if number in owner else NOT_ASKED)
        for number in (8888, 6006, 2222)
    )


def image(tag, size, digest):
    return LocalImage(
        id=f"sha256:{digest * 64}",
        references=(tag,),
        digests=(),
        size=size,
        created="2026-10-01T00:00:00Z",
        labels={},
    )


def snapshot(**parts):
    return Snapshot(taken_at=TAKEN_AT, app_version=__version__, **parts)


def trace(gpus, *, seconds, load, process):
    """A live trace at 2 Hz: ``load(index, t)`` is the utilisation in per cent."""
    lines = []
    for step in range(seconds * 2):
        t = step / 2
        lines.append(MonitorSample(t=t, gpus=tuple(reading(g, load(g.index, t)) for g in gpus), processes=process(t)))
    return lines


def reading(g, percent):
    share = percent / 100
    ripple = 0.5 + 0.5 * math.sin(percent / 7)
    limit, total = g.power_limit.value, g.memory_total.value
    return GpuSample(
        key=g.uuid.value,
        index=g.index,
        memory_used=Known(int(total * (0.02 + 0.7 * min(1.0, share * 1.5))) // MIB * MIB),
        memory_total=Known(total),
        utilisation=Known(round(percent)),
        temperature=Known(round(38 + 32 * share + ripple)),
        power=Known(round(limit * (0.08 + 0.82 * share + 0.02 * ripple), 1)),
        sm_clock=Known(int(g.max_sm_clock.value * (0.1 + 0.82 * min(1.0, share * 1.3)))),
        memory_clock=Known(g.max_memory_clock.value if share > 0.02 else 405),
        event_reasons=Known(0 if share > 0.02 else 1),
    )


def write(name, card, machine, samples=()):
    folder = TARGET / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "machine.json").write_bytes(msgspec.json.format(msgspec.json.encode(card)) + b"\n")
    (folder / "snapshot.json").write_bytes(msgspec.json.format(msgspec.json.encode(machine)) + b"\n")
    if samples:
        (folder / "trace.jsonl").write_bytes(b"".join(msgspec.json.encode(sample) + b"\n" for sample in samples))


def card(title, description):
    return MachineCard(
        kind="sample", title=title, description=f"{description} {COMPOSED}", made_at=TAKEN_AT, app_version=__version__
    )


def desktop():
    # compute capability 8.9, 24 GB, 450 W: NVIDIA's GeForce RTX 4090 specification
    g = gpu(
        0, name="NVIDIA GeForce RTX 4090", cc=(8, 9), memory=24564 * MIB, power_limit=450.0, sm=3105, mem=10501, pcie=4
    )
    machine = snapshot(
        host=host(
            pretty="Ubuntu 24.04.3 LTS",
            identity="ubuntu",
            version="24.04",
            kernel="6.14.0-33-generic",
            cpu="Intel(R) Core(TM) i9-14900K",
            cores=24,
            threads=32,
            memory=64 * GIB,
        ),
        driver=driver("580.95.05", (13, 0), 1),
        gpus=(g,),
        engine=engine(
            "28.5.2",
            system="Ubuntu 24.04.3 LTS",
            runtimes=("io.containerd.runc.v2", "nvidia", "runc"),
            memory=64 * GIB,
            cpus=32,
            images=(image("pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime", 9 * GIB, "4"),),
        ),
        toolkit=toolkit("1.18.0"),
        ports=ports({8888: "jupyter-lab"}),
        host_torch=(HostTorch(python="/usr/bin/python3", version=Missing("absent")),),
    )

    def process(t):
        training = GpuProcess(
            pid=48211,
            kind="compute",
            memory_used=Known(17 * GIB),
            name=Known("python"),
            container=Known("drydock-gpt2"),
        )
        desktop_shell = GpuProcess(
            pid=2310,
            kind="graphics",
            memory_used=Known(310 * MIB),
            name=Known("gnome-shell"),
            container=Missing("absent"),
        )
        running = (training, desktop_shell) if t >= 6 else (desktop_shell,)
        return (GpuProcesses(key=g.uuid.value, processes=Known(running)),) if t % 2 == 0 else None

    def load(_index, t):
        return 3 if t < 6 else min(99.0, 94 + 4 * math.sin(t / 2.1)) if t % 40 < 34 else 22.0

    write(
        "rtx4090-desktop",
        card("RTX 4090 desktop", "A healthy workstation with one GeForce card."),
        machine,
        trace((g,), seconds=90, load=load, process=process),
    )


def server():
    # compute capability 9.0, 80 GB HBM3, 700 W: NVIDIA's H100 SXM specification
    gpus = tuple(
        gpu(
            i,
            name="NVIDIA H100 80GB HBM3",
            cc=(9, 0),
            memory=81559 * MIB,
            power_limit=700.0,
            sm=1980,
            mem=2619,
            pcie=5,
            mig=False,
        )
        for i in range(8)
    )
    machine = snapshot(
        host=host(
            pretty="Ubuntu 22.04.5 LTS",
            identity="ubuntu",
            version="22.04",
            kernel="5.15.0-157-generic",
            cpu="Intel(R) Xeon(R) Platinum 8480+",
            cores=112,
            threads=224,
            memory=2048 * GIB,
            disk=6000 * GIB,
        ),
        driver=driver("570.172.08", (12, 8), 8),
        gpus=gpus,
        engine=engine(
            "28.3.3",
            system="Ubuntu 22.04.5 LTS",
            runtimes=("io.containerd.runc.v2", "nvidia", "runc"),
            memory=2048 * GIB,
            cpus=224,
            data_root="/raid/docker",
            free=6000 * GIB,
            cdi=("nvidia.com/gpu=all", *(f"nvidia.com/gpu={i}" for i in range(8))),
        ),
        toolkit=toolkit(
            "1.17.8",
            (
                CdiSpec(
                    path="/var/run/cdi/nvidia.yaml",
                    devices=("nvidia.com/gpu=all", *(f"nvidia.com/gpu={i}" for i in range(8))),
                    driver_version=Known("570.172.08"),
                ),
            ),
        ),
        ports=ports(),
        host_torch=(),
    )

    def process(t):
        def on(g):
            if g.index >= 6:
                return Known(())
            owner = "llm-pretrain" if g.index < 4 else "drydock-eval"
            return Known(
                (
                    GpuProcess(
                        pid=91000 + g.index,
                        kind="compute",
                        memory_used=Known(57 * GIB),
                        name=Known("python"),
                        container=Known(owner),
                    ),
                )
            )

        return tuple(GpuProcesses(key=g.uuid.value, processes=on(g)) for g in gpus) if t % 2 == 0 else None

    def load(index, t):
        if index < 4:
            return 97 + 2 * math.sin(t / 3 + index)
        if index < 6:
            return 55 + 35 * math.sin(t / 5 + index)
        return 0

    write(
        "h100x8-server",
        card("8x H100 server", "A shared training node; two GPUs are free."),
        machine,
        trace(gpus, seconds=60, load=load, process=process),
    )


def laptop():
    ready = driver("580.95.05", (13, 0), 1)
    why = Missing("failed", "NVML: Driver/library version mismatch")
    machine = snapshot(
        host=host(
            pretty="Ubuntu 24.04.3 LTS",
            identity="ubuntu",
            version="24.04",
            kernel="6.14.0-29-generic",
            cpu="13th Gen Intel(R) Core(TM) i7-13700H",
            cores=14,
            threads=20,
            memory=16 * GIB,
            groups=(),
            disk=19 * GIB,
        ),
        driver=msgspec.structs.replace(
            ready,
            nvml=NvmlState(kind="version_mismatch", code=18, text="Driver/library version mismatch"),
            version=why,
            cuda=why,
            module_version=Known("570.172.08"),
            pci_gpus=Known((PciGpu(address="0000:01:00.0", device_id="28a0", driver=Known("nvidia")),)),
        ),
        gpus=(),
        engine=msgspec.structs.replace(
            engine(
                "28.4.0",
                system="Ubuntu 24.04.3 LTS",
                runtimes=("io.containerd.runc.v2", "runc"),
                memory=16 * GIB,
                cpus=20,
            ),
            reach=Reach(kind="no_permission", text="permission denied: /var/run/docker.sock"),
            **dict.fromkeys(
                (
                    "product",
                    "version",
                    "api_version",
                    "operating_system",
                    "architecture",
                    "rootless",
                    "cgroup_version",
                    "cgroup_driver",
                    "storage_driver",
                    "data_root",
                    "data_root_free",
                    "memory",
                    "cpus",
                    "runtimes",
                    "default_runtime",
                    "cdi_devices",
                    "images",
                ),
                Missing("no_permission"),
            ),
        ),
        toolkit=Toolkit(
            version=Missing("absent"), runtime_path=Missing("absent"), hook_path=Missing("absent"), cdi_specs=Known(())
        ),
        ports=ports(),
        host_torch=(HostTorch(python="/usr/bin/python3", version=Known("2.9.1+cu128")),),
    )
    write(
        "broken-laptop",
        card("Broken laptop", "A gaming laptop after an unattended driver update, before the restart."),
        machine,
    )


def wsl2():
    # compute capability 8.6, 10 GB, 320 W: NVIDIA's GeForce RTX 3080 specification
    g = gpu(
        0,
        name="NVIDIA GeForce RTX 3080",
        cc=(8, 6),
        memory=10240 * MIB,
        power_limit=320.0,
        sm=2100,
        mem=9501,
        pcie=4,
        used=1300 * MIB,
    )
    g = msgspec.structs.replace(g, persistence=Missing("not_supported"), mig=Missing("not_supported"))
    machine = snapshot(
        host=host(
            pretty="Ubuntu 24.04.2 LTS",
            identity="ubuntu",
            version="24.04",
            kernel="6.6.87.2-microsoft-standard-WSL2",
            cpu="AMD Ryzen 7 5800X 8-Core Processor",
            cores=8,
            threads=16,
            memory=16 * GIB,
            wsl=True,
        ),
        driver=driver("572.83", (12, 8), 1, wsl=True),
        gpus=(g,),
        engine=msgspec.structs.replace(
            engine(
                "28.5.1",
                system="Docker Desktop",
                runtimes=("io.containerd.runc.v2", "nvidia", "runc"),
                memory=16 * GIB,
                cpus=16,
            ),
            data_root_free=Missing("not_supported", "the data lies inside Docker Desktop"),
        ),
        toolkit=Toolkit(
            version=Missing("absent"), runtime_path=Missing("absent"), hook_path=Missing("absent"), cdi_specs=Known(())
        ),
        ports=ports(),
        host_torch=(),
    )

    def load(_index, t):
        return max(2.0, 48 + 46 * math.sin(t / 4))

    def process(t):
        # inside WSL2 the driver does not tell which process holds what
        hidden = Missing("not_supported", "the Windows driver does not list processes inside WSL2")
        return (GpuProcesses(key=g.uuid.value, processes=hidden),) if t % 2 == 0 else None

    write(
        "wsl2-desktop",
        card("WSL2 on Windows 11", "Ubuntu inside WSL2 with Docker Desktop."),
        machine,
        trace((g,), seconds=60, load=load, process=process),
    )


def main():
    desktop()
    server()
    laptop()
    wsl2()


if __name__ == "__main__":
    main()
