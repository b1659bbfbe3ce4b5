"""Does the search for duplicates find copies that were planted, and does it call anything else a copy?

Copies of a tenth of the images are added to a dataset, altered in six ways, each by what Pillow does to a picture, not
by the code that searches. Then: how many of them are found beside the image that they were made of; which other pairs
are reported; and how long it takes, of the processor and by the clock. Pairs among the dataset's own images are counted
apart: nobody knows how many of them are copies. They are drawn into a picture, to be judged by eye.

    OMP_NUM_THREADS=1 python -m benchmarks.duplicates fashion-mnist mnist [--zip CLASSES.zip] [--photos FOLDER]
"""

import argparse
import io
import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.measuring import conclude
from cnn_core.data.dataset import Dataset
from cnn_core.data.duplicates.find import find_duplicates
from cnn_core.data.duplicates.pairs import Pairs
from cnn_core.data.load import load_dataset

SHARE = 0.1
FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
PHOTO_SIDE = 64
DRAWN, COLUMNS = 240, 24

Alter = Callable[[Image.Image, np.random.Generator], Image.Image]


def resized(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Made smaller, to 50 to 80 % of the side, and larger again."""
    share, how = rng.uniform(0.5, 0.8), FILTERS[rng.integers(len(FILTERS))]
    small = image.resize((round(image.width * share), round(image.height * share)), how)
    return small.resize(image.size, how)


def compressed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A JPEG of quality 50 to 90."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(rng.integers(50, 91)))
    return Image.open(file)


def cropped(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """2 to 8 % cut away of each side's length, anywhere, and scaled back."""
    share = rng.uniform(0.02, 0.08)
    width, height = image.width * (1 - share), image.height * (1 - share)
    left, top = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
    return image.resize(image.size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))


def shifted(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Shifted by up to two pixels each way; what comes in is black, or the border again."""
    down, right = 0, 0
    while not (down or right):
        down, right = (int(pixels) for pixels in rng.integers(-2, 3, 2))
    pixels = np.asarray(image)
    around = ((2, 2), (2, 2), *((0, 0),) * (pixels.ndim - 2))
    padded = np.pad(pixels, around, "edge") if rng.random() < 0.5 else np.pad(pixels, around)
    return Image.fromarray(padded[2 + down :, 2 + right :][: image.height, : image.width])


def brightened(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """5 to 15 % brighter or darker."""
    gain = 1 + rng.choice([-1, 1]) * rng.uniform(0.05, 0.15)
    return image.point(lambda value: min(255, round(value * gain)))


def several(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cropped a little, brightened, and then a JPEG."""
    return compressed(brightened(cropped(image, rng), rng), rng)


CHANGES: dict[str, Alter] = {
    "resized": resized,
    "JPEG": compressed,
    "cropped": cropped,
    "shifted": shifted,
    "brightness": brightened,
    "cropped, brightness, JPEG": several,
}


def altered(image: np.ndarray, change: Alter, rng: np.random.Generator) -> np.ndarray:
    """An altered copy of an image (H, W, C) uint8."""
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    return np.asarray(change(picture, rng)).reshape(image.shape)


def measure(dataset: Dataset, folder: Path | None) -> dict[str, object]:
    """Plant copies in the test images, search, and count."""
    rng = np.random.default_rng(2)
    images = np.concatenate([dataset.train_images, dataset.test_images])
    originals = rng.permutation(len(images))[: max(min(len(images), 600), round(SHARE * len(images)))]
    changes = list(CHANGES)
    of_change = np.arange(len(originals)) % len(changes)
    copies = [
        altered(images[original], CHANGES[changes[change]], rng)
        for original, change in zip(originals, of_change, strict=True)
    ]
    labels = np.concatenate([dataset.train_labels, dataset.test_labels])
    planted = Dataset(
        dataset.name, dataset.title, dataset.class_names, images, labels, np.stack(copies), labels[originals], ""
    )
    started, of_processor = time.perf_counter(), time.process_time()
    pairs = find_duplicates(planted, lambda _share, _doing: None)
    seconds = {"clock": time.perf_counter() - started, "processor": time.process_time() - of_processor}
    return {
        "images": len(images),
        **counted(pairs, originals, of_change),
        "seconds": seconds,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "own": own_pairs(dataset, folder),
    }


def counted(pairs: Pairs, originals: np.ndarray, of_change: np.ndarray) -> dict[str, object]:
    """The share found of each change, and the pairs that nothing explains.

    A pair with a copy is explained where the other image is, or shows the same as, what the copy was made of.
    """
    count = pairs.train_count
    true_of = np.concatenate([np.arange(count), originals])
    is_planted = pairs.second >= count
    is_found = np.zeros(len(originals), bool)
    is_right = is_planted & (true_of[pairs.first] == true_of[pairs.second])
    is_found[pairs.second[is_right] - count] = True
    # Two that are each other's copy in the dataset itself explain the copies of both.
    own = pairs.clusters_of(~is_planted)
    is_explained = is_planted & (own[true_of[pairs.first]] == own[true_of[pairs.second]])
    return {
        "planted": len(originals),
        "found": {name: float(is_found[of_change == place].mean()) for place, name in enumerate(CHANGES)},
        "found_overall": float(is_found.mean()),
        "pairs": len(pairs),
        "pairs_with_a_copy": int(is_planted.sum()),
        "unexplained": int((is_planted & ~is_explained).sum()),
    }


def own_pairs(dataset: Dataset, folder: Path | None) -> dict[str, object]:
    """What is found in the dataset as it is; with a folder, its near pairs as a picture."""
    started, of_processor = time.perf_counter(), time.process_time()
    pairs = find_duplicates(dataset, lambda _share, _doing: None)
    found = pairs.found(dataset.name, dataset.checksum, time.perf_counter() - started)
    if folder:
        draw(dataset, pairs, folder / f"{dataset.name}-near.png")
    return {**found.model_dump(), "processor_seconds": time.process_time() - of_processor}


def draw(dataset: Dataset, pairs: Pairs, path: Path) -> None:
    """Near pairs, one above the other, drawn with a seed."""
    near = pairs.select(kind="near")
    near = np.sort(np.random.default_rng(0).permutation(near)[:DRAWN])
    if not len(near):
        return
    images = np.concatenate([dataset.train_images, dataset.test_images])
    height, width = images.shape[1:3]
    sheet = np.full((-(-len(near) // COLUMNS) * (2 * height + 6), COLUMNS * (width + 3), 3), 96, np.uint8)
    for place, pair in enumerate(near):
        top, left = place // COLUMNS * (2 * height + 6), place % COLUMNS * (width + 3)
        sheet[top : top + height, left : left + width] = images[pairs.first[pair]]
        sheet[top + height + 1 : top + 2 * height + 1, left : left + width] = images[pairs.second[pair]]
    picture = Image.fromarray(sheet)
    picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.NEAREST).save(path)


def dataset_of(name: str, images: list[Image.Image]) -> Dataset:
    """A dataset of pictures whose classes do not matter."""
    stack = np.stack([np.asarray(image.convert("RGB")) for image in images])
    labels, none = np.zeros(len(stack), np.int64), np.empty(0, np.int64)
    return Dataset(name, name, ("all",), stack, labels, stack[:0].copy(), none, "")


def pictures_in(path: Path) -> Dataset:
    """The pictures of a ZIP."""
    with zipfile.ZipFile(path) as file:
        names = sorted(name for name in file.namelist() if name.lower().endswith((".png", ".jpg", ".jpeg")))
        return dataset_of(path.stem, [Image.open(io.BytesIO(file.read(name))) for name in names])


def photos_in(folder: Path) -> Dataset:
    """The photos of a folder, in 64×64."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    size = (PHOTO_SIDE, PHOTO_SIDE)
    return dataset_of(folder.name, [Image.open(path).convert("RGB").resize(size, FILTERS[2]) for path in paths])


def main() -> None:
    """Measure, print a table for each dataset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="datasets by name")
    parser.add_argument("--zip", type=Path, help="a ZIP of pictures of one size")
    parser.add_argument("--photos", type=Path, help="a folder of photos")
    parser.add_argument("--draw", type=Path, help="a folder for pictures of the near pairs that are found")
    parser.add_argument("--json", type=Path, help="where the numbers go, too")
    asked = parser.parse_args()
    datasets: list[Callable[[], Dataset]] = [
        lambda name=name: load_dataset(name, download=False) for name in asked.names
    ]
    if asked.zip:
        datasets.append(lambda: pictures_in(asked.zip))
    if asked.photos:
        datasets.append(lambda: photos_in(asked.photos))
    numbers = {}
    for make in datasets:
        dataset = make()
        numbers[dataset.name] = measure(dataset, asked.draw)
        print(f"{dataset.name}:")
        for name, value in numbers[dataset.name].items():
            print(f"  {name}: {value}")
    conclude("benchmarks.duplicates", numbers, asked.json)


if __name__ == "__main__":
    main()
