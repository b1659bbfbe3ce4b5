"""How many of people's photos and drawings come out right, and which step brings how much?

Every picture is answered four ways: squashed to the frame; its polarity turned where its border is bright; with the
object cut out, cropped and fitted; and with a drawing's outline filled. Given several runs, each is asked, so that the
last step, a network that was taught such pictures, can be told from the others. Of one that was taught, the weights
that it has for pictures answer.

    python -m benchmarks.pictures --samples FOLDER showcase

Expected in the folder: ``photos/labels.csv`` (``file``, ``kind``, ``fashion_mnist_labels`` separated by ``|``) beside
the photos, and ``sketches/<kind>.ndjson``, a JSON object a line with ``drawing``: strokes ``[[x…], [y…]]`` in 0…255.
"""

import argparse
import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from cnn_core.images.backdrop import over_contrast
from cnn_core.images.choices import Choices
from cnn_core.images.decode import Picture, picture_from_array, read_picture
from cnn_core.images.fit import resized
from cnn_core.images.frame import Frame
from cnn_core.images.prepare import prepare
from cnn_core.images.tones import to_grey
from cnn_core.inference.network import Network
from cnn_core.runs.adaptation_file import read_adaptation
from cnn_core.runs.store import resolve_run

# What a drawing may be called; drawings of anything else belong to no class.
DRAWN = {
    "t-shirt": {"T-shirt/top"},
    "pants": {"Trouser"},
    "sweater": {"Pullover", "Shirt"},
    "jacket": {"Coat", "Pullover", "Shirt"},
    "shoe": {"Sneaker", "Sandal", "Ankle boot"},
    "flip-flops": {"Sandal"},
    "purse": {"Bag"},
}
CANVAS, PENS = 280, (8, 10, 12)
# Drawn this many times as large, then averaged: strokes with soft edges, as a canvas draws them.
SMOOTH = 4


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture, the group it is counted in, its kind, and the labels that count as right."""

    picture: Picture
    group: str
    kind: str
    labels: frozenset[str]


def squashed(picture: Picture, frame: Frame) -> np.ndarray:
    """Grey and squeezed into the frame: what most programs do."""
    small = resized(over_contrast(picture.rgb, picture.alpha), frame.height, frame.width)
    return to_grey(small)[..., None] if frame.channels == 1 else small


def turned(picture: Picture, frame: Frame) -> np.ndarray:
    """Squashed, and negative where the border is brighter than the middle grey."""
    image = squashed(picture, frame)
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return 255 - image if border.mean() > 127 else image


def cut_out(picture: Picture, frame: Frame) -> np.ndarray:
    """The object alone, its aspect kept, with the strokes of a drawing as they are."""
    return prepare(picture, frame, Choices(fill="open")).image


def as_shipped(picture: Picture, frame: Frame) -> np.ndarray:
    """All steps, outlines filled."""
    return prepare(picture, frame).image


STEPS: dict[str, Callable[[Picture, Frame], np.ndarray]] = {
    "grey, squashed": squashed,
    "+ polarity": turned,
    "+ cut out, cropped, fitted": cut_out,
    "+ outlines filled": as_shipped,
}


def photos(folder: Path) -> Iterator[Sample]:
    """The photos that have a label."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            labels = frozenset(filter(None, row["fashion_mnist_labels"].split("|")))
            if labels:
                yield Sample(read_picture(folder / row["file"]), "photos", row["kind"], labels)


def drawings(folder: Path) -> Iterator[Sample]:
    """The drawings that have a label, with every pen, dark on light and light on dark."""
    for kind, labels in DRAWN.items():
        for line in (folder / f"{kind}.ndjson").read_text(encoding="utf-8").splitlines():
            strokes = json.loads(line)["drawing"]
            for pen in PENS:
                paper = draw(strokes, pen)
                for name, pixels in (("dark on light", 255 - paper), ("light on dark", paper)):
                    group = f"drawings, {pen} px, {name}"
                    yield Sample(picture_from_array(pixels, kind), group, kind, frozenset(labels))


def draw(strokes: list[list[list[float]]], pen: int) -> np.ndarray:
    """Strokes with coordinates in 0…255, white on black, (280, 280) uint8; the pen is so many pixels wide."""
    large = np.zeros((CANVAS * SMOOTH, CANVAS * SMOOTH), np.uint8)
    margin = (CANVAS - 256) / 2
    for columns, rows in strokes:
        points = np.rint((np.stack([columns, rows], axis=1) + margin) * SMOOTH).astype(np.int32)
        cv2.polylines(large, [points[:, None]], isClosed=False, color=255, thickness=pen * SMOOTH)
        for point in points:
            cv2.circle(large, tuple(map(int, point)), pen * SMOOTH // 2, 255, thickness=-1)
    return cv2.resize(large, (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)


def main() -> None:
    """Print, for each run, step and group, the share that came out right; of the last step, each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", help="runs: id, path or showcase")
    parser.add_argument("--samples", type=Path, required=True, help="folder with photos/ and sketches/")
    arguments = parser.parse_args()
    samples = [*photos(arguments.samples / "photos"), *drawings(arguments.samples / "sketches")]
    groups = list(dict.fromkeys(sample.group for sample in samples))
    for name in arguments.runs:
        run = resolve_run(name)
        network, data = Network(run, read_adaptation(run)), run.record().data
        print(f"\n{run.id}: {', '.join(groups)}")
        for step, make in STEPS.items():
            images = np.stack([make(sample.picture, data.frame) for sample in samples])
            predicted = network.logits(images).argmax(axis=1)
            right = np.array([data.class_names[p] in s.labels for p, s in zip(predicted, samples, strict=True)])
            shares = [right[[sample.group == group for sample in samples]].mean() for group in groups]
            print(f"  {step:<28}" + "".join(f"{share:8.1%}" for share in shares))
        for group in ("photos", "drawings"):
            inside = [sample.group.startswith(group) for sample in samples]
            kinds = dict.fromkeys(s.kind for s, is_in in zip(samples, inside, strict=True) if is_in)
            of_kind = {k: right[[s.kind == k and i for s, i in zip(samples, inside, strict=True)]] for k in kinds}
            print(f"  {group}, {len(right[inside])}: " + ", ".join(f"{k} {v.mean():.0%}" for k, v in of_kind.items()))


if __name__ == "__main__":
    main()
