"""Machines whose engine or toolkit is at fault, composed from public reports."""

from tests.machines.case import Case, broken
from tests.machines.parts import (
    ABSENT,
    GB,
    GIB,
    NO_GPU_DRIVER,
    NO_TOOLKIT,
    NOT_SUPPORTED,
    PLAIN_RUNTIMES,
    TOOLKIT_SETTINGS,
    WSL,
    WSL_SETUP,
    daemon_json,
    driver,
    engine,
    engine_setup,
    gpu,
    host,
    image,
    machine,
    no_setup,
    podman,
    setup,
    spec,
    toolkit,
    unreached,
    user,
    wsl_driver,
)
from tests.machines.walks import (
    PODMAN_SETUP,
    ROOTLESS,
    ROOTLESS_SOCKET,
    RTX_4090,
    failed,
    images_engine,
    pulled,
    started,
    wsl_host,
)

from drydock.core.facts import CdiSpec, Clock, Disk, Known, Missing, User
from drydock.core.facts.container import Reached
from drydock.core.facts.engine import CdiRefresh, ToolkitConfig
from drydock.core.facts.engine_setup import EngineSocket

KEPT_ENGINE = (
    Case(
        name="dev-container-without-engine",
        title="Inside a development container",
        description="The doctor runs inside a container that has the GPU but no engine's socket.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/253",),
        snapshot=machine(
            host=host(in_container=Known(True), user=Known(User(uid=0, groups=("root",), database_groups=("root",)))),
            engine=unreached("not_installed", "no socket and no docker program"),
            toolkit=NO_TOOLKIT,
            engine_setup=engine_setup(daemon=ABSENT, sockets=Known(()), docker_group=Known(False)),
            engine_contents=Missing("not_asked"),
            setup=no_setup(kernels=Known(()), loaded_modules=Known(("nvidia", "nvidia_uvm"))),
        ),
        expected=broken("engine-installed/absent_inside"),
    ),
    Case(
        name="rootless-docker-stopped",
        title="Rootless Docker that is not running",
        description="DOCKER_HOST points at the user's own engine, whose service is stopped.",
        sources=("https://docs.docker.com/engine/security/rootless/",),
        snapshot=machine(
            host=host(environment={"DOCKER_HOST": "unix:///run/user/1000/docker.sock"}, user=user("sample")),
            engine=unreached(
                "not_running",
                "dial unix /run/user/1000/docker.sock: connect: no such file or directory",
                endpoint="unix:///run/user/1000/docker.sock",
                chosen_by="DOCKER_HOST",
            ),
            engine_setup=engine_setup(
                daemon_json(path="/home/sample/.config/docker/daemon.json", reader="rootless"), sockets=Known(())
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_running_chosen"),
    ),
    Case(
        name="context-of-a-stopped-desktop",
        title="Context that points at a stopped Docker Desktop",
        description="Docker Desktop was installed once and left its context; the system's Docker runs.",
        sources=(
            "https://github.com/docker/docs/issues/19366",
            "https://github.com/erturklab/delivr_cfos/issues/4",
        ),
        snapshot=machine(
            engine=unreached(
                "not_running",
                "dial unix /home/sample/.docker/desktop/docker.sock: connect: no such file or directory",
                endpoint="unix:///home/sample/.docker/desktop/docker.sock",
                chosen_by="context desktop-linux",
            ),
            engine_setup=engine_setup(daemon_json(), context=Known("desktop-linux")),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_running_beside"),
    ),
    Case(
        name="hosts-set-twice",
        title="Engine with its address set twice",
        description="daemon.json names hosts, and so does the service: the engine refuses to start.",
        sources=("https://docs.docker.com/engine/daemon/troubleshoot/",),
        snapshot=machine(
            engine=unreached("not_running", "dial unix /var/run/docker.sock: connect: connection refused"),
            engine_setup=engine_setup(
                daemon_json(keys=("hosts", "runtimes"), hosts=("unix:///var/run/docker.sock", "tcp://127.0.0.1:2375")),
                started=ABSENT,
                unit_hosts=Known(True),
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-config/hosts_twice"),
    ),
    Case(
        name="empty-daemon-json",
        title="An empty daemon.json",
        description="daemon.json was created but never filled; Docker 20.10 does not start with it.",
        sources=("https://docs.docker.com/engine/daemon/troubleshoot/",),
        snapshot=machine(
            host=host("focal", "5.15.0-139-generic"),
            engine=unreached("not_running", "dial unix /var/run/docker.sock: connect: connection refused"),
            engine_setup=engine_setup(daemon_json(keys=(), runtimes={}, empty=True), started=ABSENT),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_running_empty"),
    ),
    Case(
        name="socket-without-group",
        title="Docker without its group",
        description="The group docker was never made, so the socket belongs to root alone.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/253",),
        snapshot=machine(
            host=host("arch", "6.17.8-arch1-1", user=user("sample", "wheel")),
            engine=unreached(
                "no_permission",
                "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock",
            ),
            engine_setup=engine_setup(
                docker_group=Known(False),
                sockets=Known(
                    (
                        EngineSocket(
                            path="/var/run/docker.sock",
                            kind="system",
                            mode=Known(432),
                            owner=Known("root"),
                            group=Known("root"),
                        ),
                    )
                ),
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-permission/no_group"),
    ),
    Case(
        name="old-toolkit-on-cgroup2",
        title="Toolkit that does not know cgroup v2",
        description="Debian 12 with a toolkit from the time before cgroup v2.",
        sources=("https://github.com/saharmor/dalle-playground/issues/105",),
        snapshot=machine(
            host=host("debian", "6.1.0-41-amd64"),
            driver=driver("535.274.02", (12, 2), ("NVIDIA GeForce RTX 3060",)),
            gpus=(gpu("NVIDIA GeForce RTX 3060"),),
            setup=setup("535.274.02", "6.1.0-41-amd64"),
            engine=images_engine("24.0.7", system="Debian GNU/Linux 12 (bookworm)"),
            toolkit=toolkit("1.5.1"),
            container=failed("nvidia-container-cli: container error: cgroup subsystem devices not found: unknown"),
        ),
        expected=broken("toolkit-version/no_cgroup2"),
    ),
    Case(
        name="registered-program-gone",
        title="Runtime registered, its program gone",
        description="The toolkit was removed, daemon.json still names its runtime.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/958",),
        snapshot=machine(
            toolkit=NO_TOOLKIT,
            engine=images_engine(),
            engine_setup=engine_setup(daemon_json(programs_gone=("nvidia",))),
            container=failed(
                'exec: "nvidia-container-runtime-hook": executable file not found in $PATH',
                trouble="gpu-runtime-missing",
            ),
        ),
        expected=broken("toolkit-registered/program_gone"),
    ),
    Case(
        name="csv-mode-on-a-desktop",
        title="Toolkit set to Jetson's mode",
        description="config.toml was copied from a Jetson: mode csv; the hook refuses.",
        sources=("https://github.com/NVIDIA/TensorRT-LLM/issues/799",),
        snapshot=machine(
            engine=images_engine(),
            toolkit=toolkit(
                "1.17.8", config=Known(ToolkitConfig(path=TOOLKIT_SETTINGS, mode="csv", ldconfig="/sbin/ldconfig.real"))
            ),
            container=failed(
                "invoking the NVIDIA Container Runtime Hook directly (e.g. specifying the "
                "docker --gpus flag) is not supported. Please use the NVIDIA Container Runtime"
            ),
        ),
        expected=broken("toolkit-settings/csv"),
    ),
    Case(
        name="renumbered-render-node",
        title="Podman after the render nodes were renumbered",
        description="The CDI specification names a DRI node that has another number since the last start.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/885",),
        snapshot=machine(
            host=host("fedora", "6.17.8-300.fc43.x86_64", user=user("sample", "wheel")),
            driver=driver("580.95.05", (13, 0), ("NVIDIA GeForce RTX 3060",)),
            gpus=(gpu("NVIDIA GeForce RTX 3060"),),
            engine=podman(images=Known((image("pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime", 9 * GIB, "4"),))),
            engine_setup=engine_setup(
                sockets=Known((EngineSocket(path="/run/user/1000/podman/podman.sock", kind="podman"),)),
                daemon=ABSENT,
                started=ABSENT,
                unit_hosts=ABSENT,
                docker_group=Known(False),
                selinux=Known("enforcing"),
            ),
            setup=setup("580.95.05", "6.17.8-300.fc43.x86_64"),
            toolkit=toolkit(
                "1.17.8",
                specs=(
                    spec("580.95.05", 1, path="/etc/cdi/nvidia.yaml", gone=("/dev/dri/renderD129", "/dev/dri/card2")),
                ),
                refresh=Known(CdiRefresh(installed=False, enabled=False)),
            ),
            container=failed(
                "setting up CDI devices: failed to inject devices: failed to stat CDI host "
                'device "/dev/dri/renderD129": no such file or directory',
                trouble="cdi-device-missing",
                way="cdi",
            ),
        ),
        expected=broken("toolkit-cdi-files/gone"),
    ),
    Case(
        name="cdi-spec-hidden-from-user",
        title="Podman that may not read the specification",
        description="The specification belongs to root and has mode 600: Podman of a user finds no device.",
        sources=("https://github.com/podman-container-tools/podman/issues/17539",),
        snapshot=machine(
            host=host("rocky", "5.14.0-611.5.1.el9_7.x86_64", user=user("sample")),
            driver=driver("570.195.03", (12, 8), ("Tesla P100-PCIE-16GB",), flavour="proprietary"),
            gpus=(gpu("Tesla P100-PCIE-16GB", server=True),),
            engine=podman(
                "5.4.0", images=Known((image("pytorch/pytorch:2.10.0-cuda12.6-cudnn9-runtime", 9 * GIB, "4"),))
            ),
            engine_setup=engine_setup(
                sockets=Known((EngineSocket(path="/run/user/1000/podman/podman.sock", kind="podman"),)),
                daemon=ABSENT,
                started=ABSENT,
                unit_hosts=ABSENT,
                docker_group=Known(False),
                selinux=Known("enforcing"),
            ),
            setup=setup("570.195.03", "5.14.0-611.5.1.el9_7.x86_64"),
            toolkit=toolkit(
                "1.16.2",
                specs=(CdiSpec(path="/etc/cdi/nvidia.yaml", devices=(), driver_version=Missing("no_permission")),),
            ),
            container=failed(
                "setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=all",
                trouble="cdi-device-missing",
                way="cdi",
            ),
        ),
        expected=broken("toolkit-path/podman_unreadable"),
    ),
    Case(
        name="docker-24-with-cdi-only",
        title="Docker 24 and a specification alone",
        description="Only the base of the toolkit is installed: a CDI specification that this engine cannot read.",
        sources=("https://docs.docker.com/reference/cli/dockerd/",),
        snapshot=machine(
            engine=images_engine(
                "24.0.9", cdi_devices=NOT_SUPPORTED, cdi_directories=NOT_SUPPORTED, runtimes=PLAIN_RUNTIMES
            ),
            engine_setup=engine_setup(),
            toolkit=toolkit(
                "1.18.2", specs=(spec("580.95.05", 1),), hook_path=ABSENT, runtime_path=ABSENT, cli_path=ABSENT
            ),
            container=failed(
                'could not select device driver "" with capabilities: [[gpu]]', trouble="gpu-runtime-missing"
            ),
        ),
        expected=broken("toolkit-path/none"),
    ),
    Case(
        name="data-root-almost-full",
        title="Disk with two gigabytes left",
        description="The disk of the engine cannot take any image of PyTorch.",
        sources=("https://github.com/SCUTlihaoyu/open-chat-video-editor/issues/14",),
        snapshot=machine(
            host=host(
                disks=(
                    Disk(purpose="engine data", path="/var/lib/docker", total=Known(30 * GB), free=Known(2 * GB)),
                    Disk(purpose="home", path="/home/sample", total=Known(1000 * GB), free=Known(500 * GB)),
                    Disk(purpose="temporary", path="/tmp", total=Known(30 * GB), free=Known(2 * GB)),
                )
            ),
            engine=engine(data_root_free=Known(2 * GB)),
            container=Missing("absent", "pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime"),
        ),
        expected=broken("engine-disk/small"),
    ),
    Case(
        name="wsl-desktop-stopped",
        title="Docker Desktop is not started",
        description="The distribution is integrated, Docker Desktop is not running.",
        sources=("https://github.com/docker/for-win/issues/7311",),
        snapshot=machine(
            host=wsl_host(),
            driver=wsl_driver("581.42", (13, 0)),
            gpus=(gpu(RTX_4090, wsl=True),),
            setup=WSL_SETUP,
            wsl=WSL,
            engine=unreached("not_running", "dial unix /var/run/docker.sock: connect: connection refused"),
            toolkit=NO_TOOLKIT,
            engine_setup=engine_setup(daemon=ABSENT, started=ABSENT, unit_hosts=ABSENT, context=Known("default")),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_running_wsl"),
    ),
    Case(
        name="remote-host-asleep",
        title="DOCKER_HOST of a computer that is off",
        description="The engine is on a workstation in the office that does not answer.",
        sources=("https://docs.docker.com/engine/security/protect-access/",),
        snapshot=machine(
            host=host(environment={"DOCKER_HOST": "ssh://lab"}),
            driver=NO_GPU_DRIVER,
            gpus=(),
            setup=no_setup(),
            toolkit=NO_TOOLKIT,
            engine=unreached(
                "unreachable",
                "ssh: connect to host lab port 22: No route to host",
                endpoint="ssh://lab",
                chosen_by="DOCKER_HOST",
                remote=True,
            ),
            engine_setup=engine_setup(daemon=ABSENT, sockets=Known(()), started=ABSENT),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/unreachable"),
    ),
    Case(
        name="clock-a-year-behind",
        title="Clock a year behind",
        description="The battery is empty: every certificate is not yet valid.",
        sources=("https://docs.nvidia.com/cuda/wsl-user-guide/index.html",),
        snapshot=machine(
            host=host(
                clock=Known(
                    Clock(hardware_ahead=Known(31500000), files_ahead=Known(31400000), synchronized=Known(False))
                )
            ),
            engine=images_engine(),
            container=started(
                network=Known(
                    (
                        Reached(
                            purpose="package index",
                            host="packages.example",
                            port=443,
                            step="tls",
                            error="certificate verify failed: certificate is not yet valid",
                        ),
                    )
                )
            ),
        ),
        expected=broken("host-clock/behind"),
    ),
    Case(
        name="docker-18",
        title="Docker of 2018",
        description="CentOS-time Docker 18.09 with nvidia-docker2.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1034",),
        snapshot=machine(
            host=host("rhel8", "4.18.0-553.83.1.el8_10.x86_64"),
            engine=engine(
                "18.09.9",
                api_version=Known("1.39"),
                cgroup_version=Known("1"),
                cgroup_driver=Known("cgroupfs"),
                cdi_devices=NOT_SUPPORTED,
                cdi_directories=NOT_SUPPORTED,
            ),
            toolkit=toolkit("1.4.0"),
            setup=setup("580.95.05", "4.18.0-553.83.1.el8_10.x86_64"),
        ),
        expected=broken("engine-version/too_old"),
    ),
    Case(
        name="web-server-on-the-address",
        title="DOCKER_HOST leads to something else",
        description="Port 2375 of the address belongs to a web server.",
        sources=("https://docs.docker.com/engine/daemon/remote-access/",),
        snapshot=machine(
            host=host(environment={"DOCKER_HOST": "tcp://192.0.2.7:2375"}),
            engine=unreached(
                "not_an_engine",
                "404 page not found",
                endpoint="tcp://192.0.2.7:2375",
                chosen_by="DOCKER_HOST",
                remote=True,
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_an_engine"),
    ),
    Case(
        name="engine-stuck",
        title="Engine that does not answer",
        description="dockerd accepts connections and is silent: containerd hangs on a dead disk.",
        sources=("https://docs.docker.com/engine/daemon/troubleshoot/",),
        snapshot=machine(
            engine=unreached("timeout", "no answer within 5 s", why="timeout"), engine_contents=Missing("timeout")
        ),
        expected=broken("engine-running/silent"),
    ),
    Case(
        name="socket-closed-to-its-group",
        title="Socket that its own group may not use",
        description="The user is in the group docker; somebody set the socket to mode 600.",
        sources=("https://docs.docker.com/engine/install/linux-postinstall/",),
        snapshot=machine(
            engine=unreached(
                "no_permission",
                "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock",
            ),
            engine_setup=engine_setup(
                daemon_json(),
                sockets=Known(
                    (
                        EngineSocket(
                            path="/var/run/docker.sock",
                            kind="system",
                            mode=Known(384),
                            owner=Known("root"),
                            group=Known("root"),
                        ),
                    )
                ),
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-permission/denied"),
    ),
    Case(
        name="default-runtime-undefined",
        title="Default runtime that is not defined",
        description="A guide was followed in part: default-runtime nvidia without the runtime itself.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1236",),
        snapshot=machine(
            engine=unreached("not_running", "dial unix /var/run/docker.sock: connect: connection refused"),
            engine_setup=engine_setup(
                daemon_json(keys=("default-runtime",), runtimes={}, default_runtime="nvidia"), started=ABSENT
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-config/runtime_undefined"),
    ),
    Case(
        name="misspelt-setting",
        title="Misspelt setting in daemon.json",
        description="'runtime' instead of 'runtimes': the engine refuses the file.",
        sources=("https://docs.docker.com/engine/daemon/troubleshoot/",),
        snapshot=machine(
            engine=unreached("not_running", "dial unix /var/run/docker.sock: connect: connection refused"),
            engine_setup=engine_setup(daemon_json(keys=("runtime",), runtimes={}), started=ABSENT),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-config/unknown_keys"),
    ),
    Case(
        name="settings-with-a-typo",
        title="Toolkit whose settings have a slip",
        description="A quote is missing in config.toml.",
        sources=("https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/troubleshooting.html",),
        snapshot=machine(
            engine=images_engine(),
            toolkit=toolkit(
                "1.17.8",
                config=Known(ToolkitConfig(path=TOOLKIT_SETTINGS, problem="Unbalanced quotes (at line 14, column 9)")),
            ),
            container=failed(
                "nvidia-container-runtime: failed to load config: toml: line 14: unexpected EOF; expected '\"'"
            ),
        ),
        expected=broken("toolkit-settings/unreadable"),
    ),
    Case(
        name="cdi-switched-off",
        title="Docker with CDI switched off",
        description=(
            "daemon.json switches CDI off, and it is the only way: the runtime is not registered and there is no hook."
        ),
        sources=("https://docs.docker.com/build/building/cdi/",),
        snapshot=machine(
            engine=images_engine(runtimes=PLAIN_RUNTIMES, cdi_directories=Known(()), cdi_devices=Known(())),
            engine_setup=engine_setup(daemon_json(keys=("features",), runtimes={}, cdi=False)),
            toolkit=toolkit(
                "1.18.2", specs=(spec("580.95.05", 1),), hook_path=ABSENT, runtime_path=ABSENT, cli_path=ABSENT
            ),
            container=failed(
                'could not select device driver "cdi" with capabilities: [[gpu]]',
                trouble="gpu-runtime-missing",
                way="cdi",
            ),
        ),
        expected=broken("toolkit-path/cdi_off"),
    ),
    Case(
        name="podman-of-jammy",
        title="Podman that is older than CDI",
        description="Podman 3.4 takes a CDI name for a path.",
        sources=("https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html",),
        snapshot=machine(
            host=host("jammy", "5.15.0-157-generic", user=user("sample")),
            engine=podman(
                "3.4.4",
                images=pulled("pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime"),
                security=Known(("apparmor", "seccomp", "rootless")),
            ),
            engine_setup=engine_setup(**PODMAN_SETUP),
            setup=setup("580.95.05", "5.15.0-157-generic"),
            toolkit=toolkit(specs=(spec("580.95.05", 1),)),
            container=failed("stat nvidia.com/gpu=all: no such file or directory", trouble="engine-error", way="cdi"),
        ),
        expected=broken("toolkit-path/podman_old"),
    ),
    Case(
        name="podman-after-driver-update",
        title="Podman after an update of the driver",
        description="The specification still names files of the former driver.",
        sources=("https://github.com/podman-container-tools/podman/issues/26233",),
        snapshot=machine(
            host=host("ubuntu", "6.14.0-33-generic", user=user("sample")),
            driver=driver("570.195.03", (12, 8), ("NVIDIA GeForce RTX 3060",)),
            gpus=(gpu("NVIDIA GeForce RTX 3060"),),
            setup=setup("570.195.03"),
            engine=podman(
                "5.4.1",
                images=pulled("pytorch/pytorch:2.14.1-cuda12.8-cudnn9-runtime"),
                security=Known(("apparmor", "seccomp", "rootless")),
            ),
            engine_setup=engine_setup(**PODMAN_SETUP),
            toolkit=toolkit(
                "1.17.8",
                specs=(
                    spec(
                        "570.133.07",
                        1,
                        path="/etc/cdi/nvidia.yaml",
                        gone=("/usr/lib/x86_64-linux-gnu/libcuda.so.570.133.07",),
                    ),
                ),
                refresh=Known(CdiRefresh(installed=False, enabled=False)),
            ),
            container=failed(
                "crun: cannot stat `/usr/lib/x86_64-linux-gnu/libEGL_nvidia.so.570.133.07`: No such file or directory",
                trouble="engine-error",
                way="cdi",
            ),
        ),
        expected=broken("toolkit-cdi/stale"),
    ),
    Case(
        name="rootless-on-cgroup1",
        title="Rootless Docker on control groups of version 1",
        description="The hook may not open the list of devices.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/1155",),
        snapshot=machine(
            host=host("focal", "5.4.0-216-generic", user=user("sample")),
            driver=driver("535.274.02", (12, 2), ("NVIDIA GeForce RTX 2080 Ti",)),
            gpus=(gpu("NVIDIA GeForce RTX 2080 Ti"),),
            setup=setup("535.274.02", "5.4.0-216-generic"),
            engine=images_engine(
                "24.0.9",
                **ROOTLESS,
                cgroup_version=Known("1"),
                cgroup_driver=Known("none"),
                cdi_devices=NOT_SUPPORTED,
                cdi_directories=NOT_SUPPORTED,
            ),
            engine_setup=engine_setup(
                daemon_json(path="/home/sample/.config/docker/daemon.json", reader="rootless"), sockets=ROOTLESS_SOCKET
            ),
            toolkit=toolkit("1.13.5"),
            container=failed(
                "nvidia-container-cli: mount error: open failed: "
                "/sys/fs/cgroup/devices/user.slice/devices.allow: permission denied: unknown"
            ),
        ),
        expected=broken("toolkit-settings/cgroups_rootless"),
    ),
    Case(
        name="two-objects-in-daemon-json",
        title="daemon.json with two objects",
        description="A second pair of braces was appended for the name servers.",
        sources=("https://github.com/NVIDIA/nvidia-docker/issues/761",),
        snapshot=machine(
            engine=unreached("not_running", "dial unix /var/run/docker.sock: connect: connection refused"),
            engine_setup=engine_setup(
                daemon_json(keys=(), runtimes={}, problem="Extra data: line 9 column 1"), started=ABSENT
            ),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-config/unreadable"),
    ),
    Case(
        name="runtime-flag-and-file",
        title="Runtime given by flag and by file",
        description="An old drop-in passes --add-runtime, and daemon.json has the runtime too.",
        sources=(
            "https://github.com/NVIDIA/nvidia-container-runtime/issues/35",
            "https://github.com/NVIDIA/nvidia-docker/issues/761",
        ),
        snapshot=machine(
            engine=unreached("not_running", "dial unix /var/run/docker.sock: connect: connection refused"),
            engine_setup=engine_setup(daemon_json(), started=ABSENT),
            engine_contents=Missing("not_asked"),
        ),
        expected=broken("engine-running/not_running"),
    ),
    Case(
        name="driver-450-for-t4",
        title="T4 with a driver of 2020",
        description="CUDA 11.0 is the newest that driver 450 runs.",
        sources=("https://github.com/pytorch/pytorch/issues/85332",),
        snapshot=machine(
            host=host("focal", "5.4.0-216-generic"),
            driver=driver("418.226.00", (10, 1), ("Tesla T4",), flavour="proprietary"),
            gpus=(gpu("Tesla T4", server=True),),
            setup=setup("418.226.00", "5.4.0-216-generic"),
            engine=engine(
                "20.10.24",
                cgroup_version=Known("1"),
                cgroup_driver=Known("cgroupfs"),
                cdi_devices=NOT_SUPPORTED,
                cdi_directories=NOT_SUPPORTED,
            ),
            toolkit=toolkit("1.5.1"),
        ),
        expected=broken("image-driver/too_old"),
    ),
    Case(
        name="context-of-desktop-on-linux",
        title="User's context leads to Docker Desktop",
        description="With sudo the GPU works, without it the request goes to Docker Desktop's machine.",
        sources=("https://github.com/NVIDIA/nvidia-container-toolkit/issues/175",),
        snapshot=machine(
            engine=images_engine(
                "28.5.1",
                system="Docker Desktop",
                endpoint="unix:///home/sample/.docker/desktop/docker.sock",
                chosen_by="context desktop-linux",
                product=Known("Docker Desktop 4.49.0"),
                runtimes=PLAIN_RUNTIMES,
                data_root_free=Missing("not_applicable"),
                data_root_inodes=Missing("not_applicable"),
            ),
            engine_setup=engine_setup(
                daemon_json(),
                context=Known("desktop-linux"),
                sockets=Known(
                    (
                        EngineSocket(
                            path="/var/run/docker.sock",
                            kind="system",
                            mode=Known(432),
                            owner=Known("root"),
                            group=Known("docker"),
                        ),
                        EngineSocket(path="/home/sample/.docker/desktop/docker.sock", kind="desktop"),
                    )
                ),
            ),
            container=failed(
                'could not select device driver "" with capabilities: [[gpu]]', trouble="gpu-request-ignored"
            ),
        ),
        expected=broken("engine-kind/desktop_linux"),
    ),
)
