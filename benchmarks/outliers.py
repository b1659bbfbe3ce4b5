"""Which score tells pictures of no class best from those of the classes?

Every score is given the limit that 95 % of a run's validation images stay below. Then: how many Fashion-MNIST test
images, which are of the classes, lie beyond it, and how many MNIST digits and CIFAR-10 pictures, greyed and scaled to
28×28. After that the score that CNN Lab uses, on pictures as people bring them: through the whole way from a file to an
answer, with a standard for each kind of picture.

    python -m benchmarks.outliers [RUN] --samples FOLDER
"""

import argparse
import csv
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.special import logsumexp

from benchmarks.measuring import describe_machine
from benchmarks.pictures import DRAWN, draw
from cnn_core.data.load import load_dataset
from cnn_core.errors import PictureError
from cnn_core.images.decode import Picture, decode_picture, picture_from_array, read_picture
from cnn_core.inference.classifier import Classifier, load_classifier
from cnn_core.inference.depths import DepthFeatures
from cnn_core.inference.network import Network
from cnn_core.inference.outliers import fit_standard
from cnn_core.runs.directory import Run
from cnn_core.runs.store import resolve_run
from cnn_core.training.setup import training_data
from cnn_core.training.standards import MOST_IMAGES, evenly, learn_outliers

ACCEPTANCE = 0.95
DIGITS = 5000
BATCH = 500
PEN = 10
NEIGHBOURS = (1, 5, 10, 50)


class Features:
    """What the scores are made of, for one set of images.

    Attributes:
        logits: (N, classes).
        last: (N, features), what the logits are made of, after the depths before it.
        depths: (N, features), of all depths.
    """

    def __init__(self, network: Network, depths: DepthFeatures, images: np.ndarray) -> None:
        starts = range(0, len(images), BATCH)
        self.logits = np.concatenate([network.logits(images[first : first + BATCH]) for first in starts])
        self.depths = depths.many(images, BATCH)
        width = min(int(network.model.layers[-1].input.shape[-1]), depths.width)
        self.last = self.depths[:, -width:]


def methods(learned: Features, labels: np.ndarray) -> Iterator[tuple[str, Callable[[Features], np.ndarray]]]:
    """Name every score, with what gives it for some features; higher is stranger."""
    yield "energy", lambda of: -logsumexp(of.logits, axis=1)
    yield "largest logit", lambda of: -of.logits.max(axis=1)
    yield "largest probability", lambda of: logsumexp(of.logits, axis=1) - of.logits.max(axis=1)
    for count in NEIGHBOURS:
        yield f"{count}th neighbour, cosine", lambda of, count=count: _neighbour(learned.last, of.last, count)
    last = fit_standard(learned.last, labels, learned.last, ACCEPTANCE)
    one = fit_standard(learned.last, np.zeros_like(labels), learned.last, ACCEPTANCE)
    yield "nearest class mean", lambda of: _to_means(last.means, of.last)
    yield "Mahalanobis, last layer", lambda of: last.distances(of.last)
    yield "relative Mahalanobis", lambda of: last.distances(of.last) ** 2 - one.distances(of.last) ** 2
    centre, basis, scale = _residual_space(learned)
    yield (
        "ViM (residual and energy)",
        lambda of: scale * np.linalg.norm((of.last - centre) @ basis, axis=1) + logsumexp(of.logits, axis=1) * -1,
    )
    depths = fit_standard(learned.depths, labels, learned.depths, ACCEPTANCE)
    yield "Mahalanobis, all depths", lambda of: depths.distances(of.depths)


def _neighbour(bank: np.ndarray, queries: np.ndarray, count: int) -> np.ndarray:
    parts = [queries[first : first + BATCH] @ bank.T for first in range(0, len(queries), BATCH)]
    return np.concatenate([1 - np.partition(part, -count, axis=1)[:, -count] for part in parts])


def _to_means(means: np.ndarray, features: np.ndarray) -> np.ndarray:
    return np.linalg.norm(features[:, None] - means, axis=2).min(axis=1)


def _residual_space(learned: Features) -> tuple[np.ndarray, np.ndarray, float]:
    """Wang et al., "ViM" (2022), on unit vectors: the directions in which training images vary least."""
    centre = learned.last.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((learned.last - centre).T))
    basis = vectors[:, : vectors.shape[1] // 2]
    residual = np.linalg.norm((learned.last - centre) @ basis, axis=1).mean()
    return centre, basis, float(learned.logits.max(axis=1).mean() / residual)


def compare(run: Run, samples: Path) -> dict[str, dict[str, float]]:
    """Return the share beyond the limit by score and set, and print it as a table."""
    network, record = Network(run), run.record()
    depths, dataset = DepthFeatures(network.model), load_dataset("fashion-mnist", download=False)
    data = training_data(dataset, record)
    chosen = evenly(data.train_labels, MOST_IMAGES)
    images = {
        "validation": data.watched_images,
        "test": dataset.test_images,
        "digits": load_dataset("mnist", download=False).test_images[:DIGITS],
        "CIFAR-10": np.stack([_as_grey(content) for _, content in cifar(samples)]),
    }
    learned = Features(network, depths, data.train_images[chosen])
    sets = {name: Features(network, depths, of) for name, of in images.items()}
    names = [name for name in images if name != "validation"]
    print(f"\n{'beyond the limit of 95 %':<28}" + "".join(f"{name:>10}" for name in names))
    found = {}
    for method, score in methods(learned, data.train_labels[chosen]):
        limit = np.quantile(score(sets["validation"]), ACCEPTANCE)
        found[method] = {name: float((score(sets[name]) > limit).mean()) for name in names}
        print(f"{method:<28}" + "".join(f"{found[method][name]:>10.1%}" for name in names), flush=True)
    return found


def _as_grey(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("L").resize((28, 28), Image.Resampling.BOX))[..., None]


def cifar(samples: Path) -> Iterator[tuple[str, bytes]]:
    """Give the names and the contents of the CIFAR-10 pictures."""
    with zipfile.ZipFile(samples / "cifar10-small.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".jpg"):
                yield name, archive.read(name)


def brought(samples: Path) -> Iterator[tuple[str, Iterable[Picture]]]:
    """Name every kind of picture that people bring, with its pictures."""
    test = load_dataset("fashion-mnist", download=False).test_images
    digits = load_dataset("mnist", download=False).test_images
    yield "test images, 28×28", (picture_from_array(image[..., 0], "test") for image in test[:2000])
    yield "MNIST digits, 28×28", (picture_from_array(image[..., 0], "digit") for image in digits[:2000])
    enlarged = (Image.fromarray(image[..., 0]).resize((280, 280), Image.Resampling.BICUBIC) for image in digits[:300])
    yield "MNIST digits, 280×280", (picture_from_array(np.asarray(image), "digit") for image in enlarged)
    yield "CIFAR-10, 32×32", (decode_picture(content, name) for name, content in cifar(samples))
    with (samples / "photos/labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    known = [row["file"] for row in rows if row["fashion_mnist_labels"]]
    yield "photos of the classes", (read_picture(samples / "photos" / name) for name in known)
    for kind in sorted({row["kind"] for row in rows if not row["fashion_mnist_labels"]}):
        of_kind = [row["file"] for row in rows if row["kind"] == kind]
        yield f"photos: {kind}", (read_picture(samples / "photos" / name) for name in of_kind)
    files = sorted((samples / "sketches").glob("*.ndjson"))
    yield "drawings of the classes", (one for path in files if path.stem in DRAWN for one in drawings(path))
    for path in files:
        if path.stem not in DRAWN:
            yield f"drawings: {path.stem}", drawings(path)


def drawings(path: Path) -> Iterator[Picture]:
    """Give people's drawings, dark on light, as on the canvas."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield picture_from_array(255 - draw(json.loads(line)["drawing"], PEN), path.stem)


def ask(classifier: Classifier, samples: Path) -> dict[str, float]:
    """Return the share of pictures of each kind that are refused, and print it."""
    found = {}
    print(f"\n{'as people bring them':<28}{'pictures':>10}{'refused':>10}")
    for name, pictures in brought(samples):
        answers = list(classifier.classify_many(pictures))
        found[name] = sum(isinstance(one, PictureError) or one.is_outlier for one in answers) / len(answers)
        print(f"{name:<28}{len(answers):>10}{found[name]:>10.1%}", flush=True)
    return found


def cost(classifier: Classifier) -> float:
    """Return the milliseconds that the score adds to one picture: median of 100, after warm-up."""
    image = load_dataset("fashion-mnist", download=False).test_images[:1]
    times = []
    for _ in range(110):
        began = time.perf_counter()
        classifier.outliers.scores(classifier.features(image), ["photo"])
        times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times[10:]))


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", default="showcase", help="id, path or 'showcase'; trained on Fashion-MNIST")
    parser.add_argument(
        "--samples", type=Path, required=True, help="folder with photos, sketches and cifar10-small.zip"
    )
    parser.add_argument("--learn", action="store_true", help="learn what is strange anew, whatever the run has")
    asked = parser.parse_args()
    run = resolve_run(asked.run)
    print(json.dumps(describe_machine()))
    compare(run, asked.samples)
    classifier = load_classifier(run)
    if asked.learn or classifier.outliers is None:
        classifier = _learned(run, classifier)
    # Of a run that was taught pictures, other weights answer for these.
    of_pictures = classifier.adapted or classifier
    print(f"\nstandards: {', '.join(of_pictures.outliers.standards)}; {cost(of_pictures):.1f} ms a picture")
    ask(classifier, asked.samples)


def _learned(run: Run, classifier: Classifier) -> Classifier:

    network, record = Network(run), run.record()
    began = time.perf_counter()
    data = training_data(load_dataset(record.dataset, download=False), record)
    outliers = learn_outliers(network.model, data, record.augmentation)
    print(f"learned in {time.perf_counter() - began:.0f} s")
    return replace(classifier, outliers=outliers, features=DepthFeatures(network.model))


if __name__ == "__main__":
    main()
