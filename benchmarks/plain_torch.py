"""The classic tutorial's CNN on Fashion-MNIST, trained by PyTorch as its own tutorials do: eager, a loop over batches.

Needs PyTorch, which CNN Lab does not, and the files of Fashion-MNIST in CNN_LAB_DATA, or Keras to load them.
Prints one line of JSON.

    python benchmarks/plain_torch.py --epochs 10 --seed 0
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
from idx_files import load_fashion_mnist


def build_model() -> nn.Module:
    """Build the tutorials' network: 241,546 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3 * 3 * 128, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def main() -> None:
    """Train, and print what came out."""
    parser = argparse.ArgumentParser(description="The classic tutorial's CNN, by PyTorch.")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()

    torch.manual_seed(asked.seed)
    (x_train, y_train), (x_test, y_test) = load_fashion_mnist()
    images, test_images = (torch.from_numpy(x.copy()).unsqueeze(1).float() / 255 for x in (x_train, x_test))
    labels, test_labels = (torch.from_numpy(y.astype("int64")) for y in (y_train, y_test))

    model, loss_of = build_model(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters())
    started = time.perf_counter()
    accuracy = loss = 0.0
    for _ in range(asked.epochs):
        model.train()
        for batch in torch.randperm(len(labels)).split(64):
            optimizer.zero_grad()
            loss_of(model(images[batch]), labels[batch]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            logits = torch.cat([model(part) for part in test_images.split(64)])
        accuracy = (logits.argmax(1) == test_labels).float().mean().item()
        loss = loss_of(logits, test_labels).item()
    result = {
        "test_accuracy": accuracy,
        "test_loss": loss,
        "seconds": time.perf_counter() - started,
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "epochs": asked.epochs,
        "seed": asked.seed,
        "versions": {"torch": torch.__version__},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
