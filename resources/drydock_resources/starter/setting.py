"""Where training runs and how: processes, device, precision, compiler. Each choice says in one line why."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed


@dataclass
class Place:
    """This process among those that train together, and its device."""

    rank: int
    local_rank: int
    world: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this process speaks for all."""
        return self.rank == 0

    def say(self, text: str) -> None:
        """Print, once for all processes."""
        if self.first:
            print(text, flush=True)


def join(device: str) -> Place:
    """Join the processes that torchrun started; without torchrun this is the only one."""
    world, local = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_RANK", "0"))
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    where = torch.device("cuda", local) if device == "cuda" else torch.device(device)
    if where.type == "cuda":
        torch.cuda.set_device(where)
    if world > 1:
        distributed.init_process_group("nccl" if where.type == "cuda" else "gloo")
    return Place(rank=int(os.environ.get("RANK", "0")), local_rank=local, world=world, device=where)


def leave(place: Place) -> None:
    """Part from the other processes, when all have come here: who goes early breaks what the others still say."""
    if place.world > 1:
        distributed.barrier()
        distributed.destroy_process_group()


class Precision:
    """The number format of the arithmetic.

    Attributes:
        name: ``fp32``, ``bf16`` or ``fp16``.
        scaler: keeps small fp16 gradients from becoming zero; does nothing in the other formats.
    """

    def __init__(self, wanted: str, device: torch.device) -> None:
        self.name, self.why = _precision(wanted, device)
        self._device = device.type
        self._dtype = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[self.name]
        enabled = self.name == "fp16"
        if hasattr(torch, "amp") and hasattr(torch.amp, "GradScaler"):
            self.scaler: Any = torch.amp.GradScaler(self._device, enabled=enabled)
        else:
            self.scaler = torch.cuda.amp.GradScaler(enabled=enabled)
        # matrix products of fp32 numbers through TF32, where there are Tensor Cores for it
        torch.set_float32_matmul_precision("high")

    def cast(self) -> Any:
        """Return the context in which the model is called."""
        if self._dtype is None:
            return contextlib.nullcontext()
        return torch.autocast(self._device, dtype=self._dtype)


def _precision(wanted: str, device: torch.device) -> tuple[str, str]:
    if wanted != "auto":
        return wanted, "as you asked"
    if device.type != "cuda":
        return "fp32", "no GPU"
    major, minor = torch.cuda.get_device_capability(device)
    if major >= 8:
        return "bf16", f"compute capability {major}.{minor} has bf16 Tensor Cores"
    if major == 7:
        return "fp16", f"compute capability {major}.{minor} has fp16 Tensor Cores, none for bf16"
    return "fp32", f"compute capability {major}.{minor} has no Tensor Cores"


def compiler_missing(device: torch.device) -> str:
    """Return why torch.compile would not work here; empty where it should."""
    if not hasattr(torch, "compile"):
        return f"torch {torch.__version__} is older than 2.0"
    if not any(shutil.which(name) for name in (os.environ.get("CC", "cc"), "gcc", "g++", "clang")):
        return "there is no C compiler"
    if device.type == "cuda":
        if torch.cuda.get_device_capability(device) < (7, 0):
            return "Triton needs compute capability 7.0"
        try:
            import triton  # noqa: F401
        except ImportError:
            return "Triton is not installed"
    return ""


def wrap(model: torch.nn.Module, place: Place, *, shard: bool) -> torch.nn.Module:
    """Return a model that trains together with its copies in the other processes.

    DDP keeps a whole copy on each GPU. FSDP (``shard``) keeps a part of the weights, gradients and optimiser state on
    each, for models that do not fit on one.
    """
    if place.world == 1:
        if shard:
            raise SystemExit("--shard needs several processes: torchrun --nproc-per-node=2 train.py --shard …")
        return model
    if shard:
        try:
            from torch.distributed.fsdp import fully_shard
        except ImportError:
            raise SystemExit(f"--shard needs torch 2.6 or newer; this is {torch.__version__}.") from None
        for block in model.trunk.blocks:
            fully_shard(block)
        return fully_shard(model)
    devices = [place.local_rank] if place.device.type == "cuda" else None
    return torch.nn.parallel.DistributedDataParallel(model, device_ids=devices, gradient_as_bucket_view=True)


def mean_over_all(value: torch.Tensor, place: Place) -> float:
    """Return the mean of a number over the processes."""
    if place.world > 1:
        distributed.all_reduce(value)
        value = value / place.world
    return float(value)
