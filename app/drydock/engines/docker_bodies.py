"""What Drydock asks for in the words of the engine's API. Pure."""

import io
import tarfile
from collections.abc import Mapping

from drydock.engines.interface import BuildRequest, CreateRequest, GpuRequest, Mount

CDI_KIND = "nvidia.com/gpu"


def container_body(request: CreateRequest) -> dict[str, object]:
    """Return the body of ``/containers/create``."""
    body: dict[str, object] = {
        "Image": request.image,
        "Env": [f"{name}={value}" for name, value in request.environment.items()],
        "Labels": dict(request.labels),
        "HostConfig": _host_config(request),
    }
    if request.command:
        body["Cmd"] = list(request.command)
    if request.entrypoint is not None:
        body["Entrypoint"] = list(request.entrypoint)
    if request.working_directory:
        body["WorkingDir"] = request.working_directory
    if request.user:
        body["User"] = request.user
    if request.ports:
        body["ExposedPorts"] = {f"{port.container_port}/tcp": {} for port in request.ports}
    return body


def device_request(gpus: GpuRequest) -> dict[str, object]:
    """Return the request for GPUs: through the engine's hook, or by the name of a CDI device."""
    if gpus.by == "cdi":
        names = [f"{CDI_KIND}={uuid}" for uuid in gpus.uuids] or [f"{CDI_KIND}=all"]
        return {"Driver": "cdi", "DeviceIDs": names}
    wanted: dict[str, object] = {"DeviceIDs": list(gpus.uuids)} if gpus.uuids else {"Count": -1}
    # "gpu" alone makes the hook give compute and utility, which is what PyTorch and NVML need
    return {"Driver": "", "Capabilities": [["gpu"]], **wanted}


def files_tar(files: Mapping[str, bytes], mode: int = 0o644) -> bytes:
    """Return files as a tar archive.

    Args:
        files: path (relative, with ``/``) to content.
        mode: permission bits of each file.
    """
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        # no entries for directories: the engine makes missing ones, and an entry would change the mode of /tmp
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            entry.mode = mode
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def build_context(request: BuildRequest) -> bytes:
    """Return the tar archive of a build: the Dockerfile and the files beside it."""
    return files_tar({**request.files, "Dockerfile": request.dockerfile.encode()})


def _host_config(request: CreateRequest) -> dict[str, object]:
    config: dict[str, object] = {"Init": request.init}
    if request.ports:
        config["PortBindings"] = {
            f"{port.container_port}/tcp": [
                # an empty number lets the engine choose
                {"HostIp": port.host_address, "HostPort": str(port.host_port) if port.host_port else ""}
            ]
            for port in request.ports
        }
    if request.mounts:
        config["Mounts"] = [_mount(mount) for mount in request.mounts]
    if request.memory is not None:
        config["Memory"] = request.memory
    if request.shm_size is not None:
        config["ShmSize"] = request.shm_size
    if request.no_new_privileges:
        config["SecurityOpt"] = ["no-new-privileges"]
    if request.gpus is not None:
        config["DeviceRequests"] = [device_request(request.gpus)]
    return config


def _mount(mount: Mount) -> dict[str, object]:
    return {"Type": mount.kind, "Source": mount.source, "Target": mount.target, "ReadOnly": mount.read_only}
