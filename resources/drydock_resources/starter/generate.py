"""Let a trained model speak: ``python generate.py runs/last "the film was"``. A classifier names the class instead."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from export import trained

from data import PADDING, text_of, tokens_of


@torch.no_grad()
def continued(model: torch.nn.Module, text: str, count: int, temperature: float) -> str:
    """Return a text with ``count`` more tokens; a temperature of 0 always takes the likeliest."""
    tokens = torch.tensor([tokens_of(text) or tokens_of("\n")])
    for _ in range(count):
        scores = model(tokens[:, -model.shape.context :])[:, -1, :PADDING]
        if temperature > 0:
            following = torch.multinomial((scores / temperature).softmax(-1), 1)
        else:
            following = scores.argmax(-1, keepdim=True)
        tokens = torch.cat([tokens, following], 1)
    return text_of(tokens[0].tolist())


@torch.no_grad()
def classified(model: torch.nn.Module, text: str, names: list[str]) -> str:
    """Return the likeliest class of a text, and how likely it is."""
    row = tokens_of(text)[: model.shape.context]
    chances = model(torch.tensor([row + [PADDING] * (model.shape.context - len(row))])).softmax(-1)[0]
    best = int(chances.argmax())
    return f"{names[best]} ({float(chances[best]):.0%})"


def main() -> None:
    """Read the command line, and answer."""
    ask = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    ask.add_argument("folder", type=Path, help="the --out of train.py")
    ask.add_argument("text")
    ask.add_argument("--count", type=int, default=120, help="tokens to add")
    ask.add_argument("--temperature", type=float, default=0.7)
    wanted = ask.parse_args()
    model, about = trained(wanted.folder)
    if about["task"] == "language":
        print(continued(model, wanted.text, wanted.count, wanted.temperature))
    else:
        print(classified(model, wanted.text, about["classes"]))


if __name__ == "__main__":
    main()
