"""Saves what training needs to go on exactly where it was, and reads it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from setting import Place


def newest(folder: Path) -> Path | None:
    """Return the newest checkpoint in a folder; None where there is none."""
    return max(folder.glob("step-*.pt"), default=None)


def save(
    folder: Path,
    step: int,
    place: Place,
    model: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    scaler: Any,
    extra: dict[str, Any],
    *,
    shard: bool,
    keep: int = 2,
) -> None:
    """Write a checkpoint of its own for this step, and remove older ones but the last ``keep``.

    A run that is killed meanwhile leaves the older ones whole: the file gets its name only when it is complete.
    """
    weights, moments = _gather(model, optimiser, shard=shard)
    if not place.first:
        return
    folder.mkdir(parents=True, exist_ok=True)
    state = {"step": step, "model": weights, "optimiser": moments, "scaler": scaler.state_dict(), **extra}
    path = folder / f"step-{step:08d}.pt"
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)
    for old in sorted(folder.glob("step-*.pt"))[:-keep]:
        old.unlink()


def remove(folder: Path, place: Place) -> None:
    """Remove the checkpoints in a folder."""
    if place.first:
        for path in folder.glob("step-*.pt"):
            path.unlink()


def read(path: Path) -> dict[str, Any]:
    """Return what :func:`save` wrote. Only tensors and plain values are accepted: a checkpoint can run no code."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise SystemExit(f"{path} is no checkpoint of this project, or not whole: {error}") from error


def restore(
    state: dict[str, Any], model: torch.nn.Module, optimiser: torch.optim.Optimizer, scaler: Any, *, shard: bool
) -> int:
    """Give a checkpoint back to model, optimiser and scaler; return the step it was written after."""
    if shard:
        from torch.distributed.checkpoint.state_dict import StateDictOptions, set_state_dict

        options = StateDictOptions(full_state_dict=True)
        set_state_dict(
            model,
            optimiser,
            model_state_dict=state["model"],
            optim_state_dict=state["optimiser"],
            options=options,
        )
    else:
        plain(model).load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
    scaler.load_state_dict(state["scaler"])
    return int(state["step"])


def plain(model: torch.nn.Module) -> torch.nn.Module:
    """Return the model inside the wrapping of DDP."""
    return model.module if isinstance(model, torch.nn.parallel.DistributedDataParallel) else model


def _gather(model: torch.nn.Module, optimiser: torch.optim.Optimizer, *, shard: bool) -> tuple[Any, Any]:
    if not shard:
        return plain(model).state_dict(), optimiser.state_dict()
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict

    # every process takes part; the first one gets the whole
    return get_state_dict(model, optimiser, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
