"""Reading the data, cutting the validation set from it, and the batches in the order of the run."""

from __future__ import annotations

from inspect import getsource

from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.counts import image_counts
from cnn_core.data.grouped import choose_groups, divide_classes, hold_back_groups
from cnn_core.data.own.store import TRAIN_GROUPS, has_groups
from cnn_core.errors import ConfigError

_KERAS_NAMES = {"fashion-mnist": "fashion_mnist", "mnist": "mnist"}

_KERAS_DATA = '''
def load_data():
    """Training and test images (N, 28, 28, 1) uint8, and their labels (N,)."""
    (train_images, train_labels), (test_images, test_labels) = keras.datasets.{name}.load_data()
    return train_images[..., np.newaxis], train_labels, test_images[..., np.newaxis], test_labels
'''

_CIFAR = '''
def load_data():
    """Training and test images (N, 32, 32, 3) uint8, and their labels (N,)."""
    (train_images, train_labels), (test_images, test_labels) = keras.datasets.cifar10.load_data()
    return train_images, train_labels[:, 0], test_images, test_labels[:, 0]
'''

_OWN = '''
def load_data():
    """Training and test images (N, {shape}) uint8, and their labels (N,)."""
    parts = ("train_images", "train_labels", "test_images", "test_labels")
    return tuple(np.load(f"{{FOLDER}}/{{part}}.npy") for part in parts)
'''

_GROUP_SPLIT = '''
def split(labels, groups):
    """Indices of the images to learn from, and of those to watch: no group is in both, every class is."""
    is_held_back = hold_back_groups(labels, groups, VALIDATION_SHARE, SEED)
    train, validation = np.flatnonzero(~is_held_back), np.flatnonzero(is_held_back)
'''

_GROUP_PARTS = (choose_groups, divide_classes, hold_back_groups)

_DIGITS = '''
def load_data():
    """Training and test images (N, 8, 8, 1) uint8, and their labels (N,)."""
    digits = load_digits()
    # A pixel counts up to 16 inked dots. A fifth of the images, always the same, is the test set.
    images = ((digits.images[..., np.newaxis].astype(int) * 255 + 8) // 16).astype("uint8")
    train, test = train_test_split(np.arange(len(images)), test_size=0.2, random_state=0, stratify=digits.target)
    train, test = np.sort(train), np.sort(test)
    return images[train], digits.target[train], images[test], digits.target[test]
'''


def data_code(config: RunConfig) -> list[str]:
    """The functions ``load_data`` and, where validation images are held back, ``split``.

    Raises:
        ConfigError: The dataset cannot be read by a script that stands alone.
    """
    card = dataset_card(config.dataset)
    if card.is_own:
        parts = [_OWN.format(shape=f"{card.height}, {card.width}, {card.channels}")]
    elif config.dataset == "cifar10":
        parts = [_CIFAR]
    elif config.dataset == "digits":
        parts = [_DIGITS]
    elif config.dataset in _KERAS_NAMES:
        parts = [_KERAS_DATA.format(name=_KERAS_NAMES[config.dataset])]
    else:
        raise ConfigError(
            f"There is no script for the dataset '{config.dataset}' yet. Choose one of "
            f"{', '.join([*_KERAS_NAMES, 'cifar10', 'digits'])}, or one that you brought in."
        )
    return [*(part.strip("\n") for part in parts), *_split_code(config)]


def is_split(config: RunConfig) -> bool:
    """Whether some of the training images are left out: held back, or not used at all."""
    return config.training.protocol == "validation" or _takes_share(config)


def is_grouped(config: RunConfig) -> bool:
    """Whether validation images are held back group by group."""
    is_held_back = config.training.protocol == "validation" and dataset_card(config.dataset).is_own
    return is_held_back and has_groups(config.dataset)


def split_call(config: RunConfig) -> str:
    """How ``split`` is called on the training labels."""
    return (
        f'split(train_labels, np.load(f"{{FOLDER}}/{TRAIN_GROUPS}"))' if is_grouped(config) else "split(train_labels)"
    )


def _takes_share(config: RunConfig) -> bool:
    """Whether only a share of the images that are not held back is learned from."""
    card = dataset_card(config.dataset)
    counts = image_counts(card, config.training)
    return counts.train + counts.validation < card.train_count


def _split_code(config: RunConfig) -> list[str]:
    if not is_split(config):
        return []
    lines = ["def split(labels):"]
    before = []
    if is_grouped(config):
        before, lines = [getsource(part).rstrip() for part in _GROUP_PARTS], _GROUP_SPLIT.strip("\n").splitlines()
        train, results = "", "np.sort(train), validation" if _takes_share(config) else "train, validation"
    elif config.training.protocol == "validation":
        lines += [
            '    """Indices of the images to learn from, and of those to watch: the same share of each class."""',
            "    everything = np.arange(len(labels))",
            "    train, validation = train_test_split("
            "everything, test_size=VALIDATION_SHARE, random_state=SEED, stratify=labels)",
        ]
        train, results = "np.sort(train)", "np.sort(train), np.sort(validation)"
    else:
        lines += ['    """Indices of the images to learn from: the same share of each class."""']
        train, results = "np.arange(len(labels))", "np.sort(train)"
    if _takes_share(config):
        lines += [
            *([f"    train = {train}"] if train else []),
            "    count = round(TRAIN_SHARE * len(train))",
            "    train, _ = train_test_split(train, train_size=count, random_state=SEED, stratify=labels[train])",
        ]
    return [*before, "\n".join([*lines, f"    return {results}"])]


def is_one_hot(config: RunConfig) -> bool:
    """Whether targets are rows of a matrix, and not labels."""
    return config.training.loss == "categorical_crossentropy" or config.augmentation.mixes_labels


def batches_code(config: RunConfig) -> str:
    """The class ``Batches``: what ``fit`` is fed with."""
    is_changed, is_mixed = config.augmentation.changes_images, config.augmentation.mixes_labels
    has_weights, has_sketches = is_mixed and config.training.class_weights != "none", config.augmentation.sketches > 0
    # What the teachers said of an image does not hold of the sketch in its place.
    has_own = has_sketches and bool(config.training.teachers)
    given = {"own_targets": has_own, "sketches": has_sketches, "class_weights": has_weights}
    more = [name for name, is_given in given.items() if is_given]
    lines = [
        "class Batches(keras.utils.PyDataset):",
        '    """The training images in batches, in another order each epoch."""',
        "",
        f"    def __init__({', '.join(['self', 'images', 'targets', *more])}):",
        "        super().__init__()",
        "        self.images, self.targets = images, targets",
        *(f"        self.{name} = {name}" for name in more),
        "        self.order, self.epoch = np.arange(len(images)), 0",
        "",
        "    def __len__(self):",
        "        return math.ceil(len(self.images) / BATCH_SIZE)",
        "",
        "    def on_epoch_begin(self):",
        "        self.epoch += 1",
        "        self.order = np.random.default_rng((SEED, self.epoch)).permutation(len(self.images))",
        "",
        "    def __getitem__(self, index):",
        "        batch = self.order[index * BATCH_SIZE : (index + 1) * BATCH_SIZE]",
    ]
    if not (is_changed or is_mixed or has_sketches):
        return "\n".join([*lines, "        return self.images[batch], self.targets[batch]"])
    # The graph of the app counts in int32.
    seed = "SEED" if config.seed < 2**31 else "np.uint32(SEED).view(np.int32)"
    labels = "targets.argmax(axis=1)" if is_one_hot(config) else "targets"
    own = []
    if has_own:
        labels = "own_targets.argmax(axis=1)"
        own = [
            "        own_targets, is_own = self.own_targets[batch], is_sketched(len(batch), seed).numpy()",
            "        targets = np.where(is_own[:, np.newaxis], own_targets, targets)",
        ]
    weights = ", tf.linalg.matvec(targets, self.class_weights)" if has_weights else ""
    lines += [
        "        images, targets = self.images[batch], self.targets[batch]",
        f"        seed = np.array([{seed} ^ self.epoch * 65_537, index + 1], np.int32)",
        *own,
        *([f"        images = sketch(images, {labels}, self.sketches, seed)"] if has_sketches else []),
        *(["        images = augment(images, seed)"] if is_changed else []),
        *(["        images, targets = mix(images, targets, seed)"] if is_mixed else []),
        f"        return images, targets{weights}",
    ]
    return "\n".join(lines)
