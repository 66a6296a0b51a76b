"""The raw evidence of a recording."""

import json

from tests.support.world import TestWorld

from drydock.core.redact import Redactor
from drydock.jobs.record import evidence_files
from drydock.world import Outcome, Stop

DAEMON = {
    "runtimes": {"nvidia": {"path": "nvidia-container-runtime"}},
    "registry-token": "s3cret",
    "labels": ["h=atlas07"],
}


def evidence(**parts):
    redactor = Redactor(user="mlin", host="atlas07", homes=["/home/mlin"])
    return evidence_files(TestWorld(**parts), redactor, Stop())


def test_files_and_answers_that_decide_are_there_and_redacted():
    found = evidence(
        files={
            "/etc/docker/daemon.json": json.dumps(DAEMON),
            "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  560.35.03",
            "/etc/cdi/nvidia.yaml": "kind: nvidia.com/gpu\n# of mlin",
            "/etc/cdi/readme": "no",
        },
        programs={"nvidia-smi": "/usr/bin/nvidia-smi"},
        outputs={"nvidia-smi": Outcome(argv=("nvidia-smi",), code=9, stderr="no devices, says atlas07")},
    )
    assert set(found) == {
        "evidence/etc_docker_daemon.json.txt",
        "evidence/proc_driver_nvidia_version.txt",
        "evidence/etc_cdi_nvidia.yaml.txt",
        "evidence/nvidia-smi_-q.txt",
    }
    daemon = found["evidence/etc_docker_daemon.json.txt"]
    assert b"s3cret" not in daemon
    assert b"atlas07" not in daemon
    assert b"nvidia-container-runtime" in daemon
    assert found["evidence/etc_cdi_nvidia.yaml.txt"] == b"kind: nvidia.com/gpu\n# of <user name 1>"
    assert b"no devices" in found["evidence/nvidia-smi_-q.txt"]


def test_of_the_kernels_command_line_only_what_matters_to_a_gpu():
    line = "BOOT_IMAGE=/vmlinuz root=UUID=1b2c ip=lab7 nvidia-drm.modeset=1 rd.blacklist=nouveau intel_iommu=on"
    found = evidence(files={"/proc/cmdline": line})
    expected = b"nvidia-drm.modeset=1 rd.blacklist=nouveau intel_iommu=on"
    assert found == {"evidence/proc_cmdline.txt": expected}


def test_a_program_that_hangs_leaves_word():
    found = evidence(
        programs={"nvidia-smi": "/usr/bin/nvidia-smi"},
        outputs={"nvidia-smi": Outcome(argv=("nvidia-smi",), code=None, problem="timeout")},
    )
    assert found == {"evidence/nvidia-smi_-q.txt": b"timeout"}


def test_a_machine_without_any_has_none():
    assert evidence() == {}
