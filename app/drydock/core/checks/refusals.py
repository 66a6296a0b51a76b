"""What the words mean with which engines, runtimes and NVIDIA's hook refuse to start a container.

The words are those of nvidia-container-cli, runc, crun and dockerd, as reports on their issue trackers show them; each
pattern asks for the fewest of them that tell one cause from another.
"""

import re

_HOOK = (
    ("hook_requirement", r"unsatisfied condition: *(?:cuda|driver|arch|brand)"),
    ("hook_no_adapter", r"WSL environment detected but no adapters"),
    ("hook_library", r"load library failed: lib(?:nvidia-ml|cuda)\.so"),
    ("hook_old", r"cgroup subsystem devices not found"),
    ("hook_root", r"change root failed"),
    ("hook_rules", r"failed to add device rules|bpf_prog_query|BPF_CGROUP_DEVICE|devices\.allow: permission denied"),
    ("hook_privilege", r"capability change failed"),
    ("hook_versions", r"No help topic for"),
    ("hook_ldcache", r"ldcache error"),
    ("hook_mode", r"invoking the NVIDIA Container Runtime Hook directly"),
    ("hook_image_driver", r"file creation failed: .*lib(?:nvidia|cuda)[^ ]*: file exists"),
    ("hook_slow", r"driver rpc error|driver error: failed to process request"),
    ("hook_unknown_device", r"device error: .*unknown device"),
    ("hook_capability", r"unsupported capabilities found"),
    ("cdi_conflict", r"conflicting device \""),
    ("hook_node_gone", r"stat failed: /dev/nvidia[^ ]*: no such file"),
)
_START = (
    ("other_processor", r"exec format error"),
    ("nested", r"open sysctl .*: permission denied|reopen fd \d+: permission denied|unable to apply caps"),
    ("firewall", r"No chain/target/match by that name|iptables failed|Unable to enable .* rule"),
    ("delegation", r"unable to (?:apply cgroup configuration|start unit)"),
    ("few_ids", r"newuidmap|newgidmap|insufficient (?:UIDs|GIDs)|lchown .*: invalid argument"),
    ("no_space", r"no space left on device"),
    ("overlay", r"error creating overlay mount|failed to mount overlay|mount overlay:.*invalid argument"),
    ("no_runtime", r"(?:runc|crun)\"?: (?:executable file not found|not found)|default OCI runtime .* not found"),
)
_HOOK_PATTERNS = tuple((variant, re.compile(words, re.IGNORECASE)) for variant, words in _HOOK)
_START_PATTERNS = tuple((variant, re.compile(words, re.IGNORECASE)) for variant, words in _START)

HOOK_REFUSALS = tuple(variant for variant, _words in _HOOK)
"""Variants of a container that does not start with GPUs, though it does without."""

START_REFUSALS = tuple(variant for variant, _words in _START)
"""Variants of a container that does not start at all."""


def hook_refusal(text: str) -> str:
    """Name the cause of which NVIDIA's hook speaks; empty where its words are not known."""
    return next((variant for variant, pattern in _HOOK_PATTERNS if pattern.search(text)), "")


def start_refusal(text: str) -> str:
    """Name the cause for which no container starts; empty where the words are not known."""
    return next((variant for variant, pattern in _START_PATTERNS if pattern.search(text)), "")
