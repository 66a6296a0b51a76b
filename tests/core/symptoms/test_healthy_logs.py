"""Logs in which nothing is wrong, with lines that frighten; written for this test."""

import pytest

from drydock.core.symptoms import explain_text
from drydock.data.symptoms import sign_table

HEALTHY = {
    "pip": """\
Collecting torch==2.14.1
  Downloading torch-2.14.1-cp312-cp312-manylinux_2_28_x86_64.whl.metadata (30 kB)
WARNING: Location 'wheels/' is ignored: it is either a non-existing path or lacks a specific scheme.
Requirement already satisfied: numpy in /usr/lib/python3/dist-packages (2.3.1)
WARNING: Running pip as the 'root' user can result in broken permissions
  Attempting uninstall: nvidia-cudnn-cu12
    Found existing installation: nvidia-cudnn-cu12 9.1.0.70
Successfully installed nvidia-nccl-cu12-2.27 torch-2.14.1 triton-3.6.0
""",
    "training": "".join(
        f"[rank0]: epoch {step // 50} step {step} loss {4 - step / 100:.3f} error_rate 0.{step:03d} no errors so far\n"
        for step in range(300)
    )
    + "eval: 0 failed, 0 errors, memory 17.1 GiB of 24 GiB, gradient norm not clipped\nsaved /ckpt/last.pt\n",
    "torchrun": """\
W1125 10:00:00.000 torch/distributed/run.py:793] *****************************************
Setting OMP_NUM_THREADS environment variable for each process to be 1 in default, to avoid your system being overloaded
master_addr is only used for static rdzv_backend and when rdzv_endpoint is not specified.
""",
    "jupyter": """\
[I 2026-11-25 10:00:00.000 ServerApp] jupyterlab | extension was successfully loaded.
[W 2026-11-25 10:00:00.000 ServerApp] All authentication is disabled.  Anyone who can connect will be able to run code.
[I 2026-11-25 10:00:00.100 ServerApp] The port 8888 is already in use, trying another port.
[I 2026-11-25 10:00:00.200 ServerApp] Serving notebooks from local directory: /workspace
[I 2026-11-25 10:00:00.200 ServerApp] Use Control-C to stop this server and shut down all kernels
[W 2026-11-25 10:00:09.000 ServerApp] 404 GET /favicon.ico (127.0.0.1) 3.2ms
""",
    "nvidia-smi": """\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |
|   0  NVIDIA RTX 4000 Ada            Off |   00000000:41:00.0 Off |                    0 |
| 30%   41C    P8             12W /  130W |       4MiB /  20475MiB |      0%      Default |
    Clocks Event Reasons
        Idle                              : Active
        SW Power Cap                      : Not Active
        HW Thermal Slowdown               : Not Active
    Remapped Rows
        Correctable Error                 : 0
        Remapping Failure Occurred        : No
    ECC Errors Volatile Uncorrectable     : 0
""",
    "kernel": """\
[    0.000000] Linux version 6.12.0 (build@host) #1 SMP PREEMPT_DYNAMIC
[    1.100000] ACPI BIOS Error (bug): Could not resolve symbol [\\_SB.PC00], AE_NOT_FOUND (20240827/psargs-332)
[    5.600000] nvidia: loading out-of-tree module taints kernel.
[    5.610000] nvidia: module verification failed: signature and/or required key missing - tainting kernel
[    5.700000] nvidia-nvlink: Nvlink Core is being initialized, major device number 240
[    5.800000] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build
[    6.000000] [drm] Initialized nvidia-drm 0.0.0 for 0000:41:00.0 on minor 1
[    9.000000] audit: type=1400 audit(1:2): apparmor="STATUS" operation="profile_load" name="docker-default"
""",
    "nccl": """\
host:1:1 [0] NCCL INFO NET/Plugin: No plugin found (libnccl-net.so)
host:1:1 [0] NCCL INFO NET/Plugin: Plugin load returned 2 : libnccl-net.so: cannot open shared object file
host:1:1 [0] misc/ibvwrap.cc:63 NCCL WARN Failed to open libibverbs.so[.1]
host:1:1 [0] NCCL INFO NET/IB : No device found.
host:1:1 [0] NCCL INFO Channel 00/02 : 0 1
host:1:1 [0] NCCL INFO comm 0x55 rank 0 nranks 2 - Init COMPLETE
""",
    "engine": """\
time="2026-11-25T10:00:00Z" level=info msg="Loading containers: done."
time="2026-11-25T10:00:00Z" level=warning msg="Not using native diff for overlay2, this may cause degraded performance"
time="2026-11-25T10:00:01Z" level=info msg="API listen on /run/docker.sock"
2.14.1: Pulling from pytorch/pytorch
5616e23b2d3c: Already exists
Status: Downloaded newer image for pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime
""",
    "ngc": """\
NOTE: MOFED driver for multi-node communication was not detected.
NOTE: The SHMEM allocation limit is set to the default of 64MB.  This may be insufficient for PyTorch.
E external/local_xla/xla/stream_executor/cuda/cuda_fft.cc:477] Unable to register cuFFT factory
/usr/lib/python3: FutureWarning: The pynvml package is deprecated. Please install nvidia-ml-py instead.
""",
    "apt and ssh": """\
Get:1 http://mirror.example/debian bookworm InRelease [151 kB]
Reading package lists... Done
debconf: delaying package configuration, since apt-utils is not installed
Server listening on 0.0.0.0 port 22.
Accepted publickey for root from 172.17.0.1 port 51234 ssh2: ED25519 SHA256:abc
TensorBoard 2.20.0 at http://0.0.0.0:6006/ (Press CTRL+C to quit)
""",
    "wsl": "/sbin/ldconfig.real: /usr/lib/wsl/lib/libcuda.so.1 is not a symbolic link\n",
}


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_found_in_a_healthy_log(name):
    found = explain_text(HEALTHY[name], sign_table()).symptoms
    assert [(one.id, one.evidence) for one in found] == []
