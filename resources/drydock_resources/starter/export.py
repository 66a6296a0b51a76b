"""Export a trained model, load it again, and compare its answers: ``python export.py runs/last``."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import checkpoints
import torch
from model import LanguageModel, Shape, TextClassifier

from data import tokens_of


def trained(folder: Path) -> tuple[torch.nn.Module, dict[str, Any]]:
    """Return the model of the newest checkpoint in a folder, and what it is."""
    path = checkpoints.newest(folder)
    if path is None:
        raise SystemExit(f"There is no checkpoint in {folder}. Train first: python train.py --out {folder}")
    state = checkpoints.read(path)
    about = state["about"]
    shape = Shape(**about["shape"])
    model = LanguageModel(shape) if about["task"] == "language" else TextClassifier(shape, len(about["classes"]))
    model.load_state_dict(state["model"])
    return model.eval(), about


def example(model: torch.nn.Module) -> torch.Tensor:
    """Return one full row of tokens for a model."""
    row = tokens_of("the garden seemed not dull. " * 100)[: model.shape.context]
    return torch.tensor([row])


def by_export(model: torch.nn.Module, tokens: torch.Tensor, path: Path) -> Any:
    """Write the model as a graph of operators that needs none of this code; any number of rows may be asked at once."""
    rows = torch.export.Dim("rows", min=1, max=4096)
    program = torch.export.export(model, (tokens.repeat(2, 1),), dynamic_shapes={"tokens": {0: rows}})
    torch.export.save(program, path)
    return torch.export.load(path).module()


def by_torchscript(model: torch.nn.Module, tokens: torch.Tensor, path: Path) -> Any:
    """Write the model as TorchScript, for programs that load nothing else; PyTorch has deprecated it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.trace(model, (tokens,)), str(path))
        return torch.jit.load(str(path))


@torch.no_grad()
def main() -> None:
    """Export in both ways."""
    ask = argparse.ArgumentParser()
    ask.add_argument("folder", type=Path, help="the --out of train.py")
    folder = ask.parse_args().folder
    model, _about = trained(folder)
    tokens = example(model)
    wanted = model(tokens)
    ways = [("exported.pt2", by_export), ("torchscript.pt", by_torchscript)]
    failed = False
    for name, way in ways:
        if way is by_export and not hasattr(torch, "export"):
            print(f"{name}: not written, torch {torch.__version__} has no torch.export")
            continue
        apart = float((way(model, tokens, folder / name)(tokens) - wanted).abs().max())
        # the same operators in the same order; fused ones may round in another way
        good = apart <= 1e-4 * max(1.0, float(wanted.abs().max()))
        failed |= not good
        print(f"{folder / name}: largest difference from the model {apart:.2g}{'' if good else ', TOO LARGE'}")
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
