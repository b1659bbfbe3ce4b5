"""The datasets that can be asked for by name, and what is known of each without reading its images."""

from __future__ import annotations

import contextlib
import difflib
from collections import Counter
from dataclasses import dataclass

from cnn_core.data.dataset import dataset_checksum
from cnn_core.data.own.store import own_names, read_card
from cnn_core.data.published import ARCHIVES, PUBLICATIONS
from cnn_core.errors import DatasetError
from cnn_core.images.frame import Frame


@dataclass(frozen=True)
class DatasetCard:
    """What is known of a dataset without reading its images.

    Attributes:
        class_names: Label ``i`` means ``class_names[i]``.
        height: Rows of an image.
        width: Columns of an image.
        channels: 1 (grey) or 3 (RGB).
        source: Address of the project that publishes it.
        checksum: Equal to :attr:`Dataset.checksum` of the loaded dataset.
        is_mirrored_alike: Whether an image and its mirror image belong to the same class: clothes do, digits do not.
        shows_objects: Whether its images show things as a photo does, on black: of clothes there are photos and
            drawings, a digit is a drawing already.
        frame: How its pictures were framed, and so how a new picture has to be framed.
        download_bytes: What a download transfers, about; 0 if it comes with an installed package, or is one's own.
        is_own: Whether somebody brought it in.
        train_counts: Training images of each class; empty where that is not known without reading them.
    """

    name: str
    title: str
    description: str
    class_names: tuple[str, ...]
    height: int
    width: int
    channels: int
    train_count: int
    test_count: int
    licence: str
    source: str
    checksum: str
    frame: Frame
    is_mirrored_alike: bool
    shows_objects: bool = False
    download_bytes: int = 0
    is_own: bool = False
    train_counts: tuple[int, ...] = ()


_DIGIT_NAMES = tuple("0123456789")

_CARDS: dict[str, DatasetCard] = {
    card.name: card
    for card in (
        DatasetCard(
            name="fashion-mnist",
            title="Fashion-MNIST",
            description="Zalando's product photos of ten kinds of clothing, shoes and bags, grey and 28×28. "
            "Made to replace MNIST where that is too easy.",
            class_names=(
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            height=28,
            width=28,
            channels=1,
            train_count=60_000,
            test_count=10_000,
            licence="MIT, © 2017 Zalando SE",
            source="https://github.com/zalandoresearch/fashion-mnist",
            checksum=dataset_checksum(file.sha256 for file in PUBLICATIONS["fashion-mnist"].files),
            frame=Frame(height=28, width=28, channels=1, is_filled=True),
            is_mirrored_alike=True,
            shows_objects=True,
            download_bytes=PUBLICATIONS["fashion-mnist"].download_bytes,
            train_counts=(6_000,) * 10,
        ),
        DatasetCard(
            name="mnist",
            title="MNIST",
            description="Handwritten digits of employees and students, grey and 28×28: scaled to fit 20×20, "
            "then placed with the centre of mass in the middle. The classic first dataset.",
            class_names=_DIGIT_NAMES,
            height=28,
            width=28,
            channels=1,
            train_count=60_000,
            test_count=10_000,
            licence="CC BY-SA 3.0, © Yann LeCun and Corinna Cortes",
            source="http://yann.lecun.com/exdb/mnist/",
            checksum=dataset_checksum(file.sha256 for file in PUBLICATIONS["mnist"].files),
            frame=Frame(height=28, width=28, channels=1, fill=20 / 28, centre="mass"),
            is_mirrored_alike=False,
            download_bytes=PUBLICATIONS["mnist"].download_bytes,
            train_counts=(5_923, 6_742, 5_958, 6_131, 5_842, 5_421, 5_918, 6_265, 5_851, 5_949),
        ),
        DatasetCard(
            name="cifar10",
            title="CIFAR-10",
            description="Photos of ten kinds of animals and vehicles, in colour and 32×32: the classic dataset of "
            "small photos, much harder than clothes or digits.",
            class_names=(
                "airplane",
                "automobile",
                "bird",
                "cat",
                "deer",
                "dog",
                "frog",
                "horse",
                "ship",
                "truck",
            ),
            height=32,
            width=32,
            channels=3,
            train_count=50_000,
            test_count=10_000,
            licence="none stated; cite A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
            source="https://www.cs.toronto.edu/~kriz/cifar.html",
            checksum=dataset_checksum(batch.md5 for batch in ARCHIVES["cifar10"].batches),
            frame=Frame(height=32, width=32, channels=3, background="natural"),
            is_mirrored_alike=True,
            download_bytes=ARCHIVES["cifar10"].size,
            train_counts=(5_000,) * 10,
        ),
        DatasetCard(
            name="digits",
            title="Digits 8×8",
            description="Small handwritten digits that scikit-learn brings along: no download, trained in "
            "seconds. A fifth of them, always the same, is kept for the test.",
            class_names=_DIGIT_NAMES,
            height=8,
            width=8,
            channels=1,
            train_count=1_437,
            test_count=360,
            licence="CC BY 4.0, E. Alpaydin and C. Kaynak (UCI)",
            source="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
            checksum="646bb086a8ce5f988ab56e9934ca782c1e952e59a728ca2231bc213387831dc3",
            frame=Frame(height=8, width=8, channels=1),
            is_mirrored_alike=False,
            train_counts=(142, 146, 142, 146, 145, 145, 145, 143, 139, 144),
        ),
    )
}


def dataset_names() -> tuple[str, ...]:
    """Return the names that :func:`dataset_card` and the loader know, the recommended one first, one's own last."""
    return (*_CARDS, *(name for name in own_names() if name not in _CARDS))


def dataset_card(name: str) -> DatasetCard:
    """Return what is known of a dataset without reading its images.

    Raises:
        DatasetError: No dataset has this name.
    """
    if name in _CARDS:
        return _CARDS[name]
    names = dataset_names()
    if name in names:
        return _own_card(name)
    close = difflib.get_close_matches(name.lower().replace("_", "-").replace(" ", "-"), names, n=1, cutoff=0.5)
    suggestion = f" Did you mean '{close[0]}'?" if close else ""
    known = ", ".join(f"'{known}'" for known in names)
    raise DatasetError(f"There is no dataset '{name}'.{suggestion} Choose one of {known}.")


def dataset_titles() -> dict[str, str]:
    """What lists call each dataset of :func:`dataset_names`: its title, or its name where its card is damaged.

    Of several that have one title, each is followed by its name.
    """
    names, titles = dataset_names(), {}
    for name in names:
        with contextlib.suppress(DatasetError):
            titles[name] = dataset_card(name).title
    counts = Counter(titles.values())
    return {name: f"{title} ({name})" if counts[title] > 1 else title for name, title in titles.items()} | {
        name: name for name in names if name not in titles
    }


def is_built_in(name: str) -> bool:
    """Whether a dataset is one that CNN Lab knows by itself: no other may have its name."""
    return name in _CARDS


def _own_card(name: str) -> DatasetCard:
    card = read_card(name)
    return DatasetCard(
        name=name,
        title=card.title,
        description=card.description,
        class_names=card.class_names,
        height=card.frame.height,
        width=card.frame.width,
        channels=card.frame.channels,
        train_count=card.train_count,
        test_count=card.test_count,
        licence=card.licence,
        source=card.origin,
        checksum=card.checksum,
        frame=card.frame,
        is_mirrored_alike=card.is_mirrored_alike,
        is_own=True,
        train_counts=card.train_counts,
    )
