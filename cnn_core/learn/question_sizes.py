"""Questions about how large a map is, and how many weights a layer has."""

from __future__ import annotations

import numpy as np

from cnn_core.learn.chain import Chain
from cnn_core.learn.questions import Answer, Question, See, asked, mixed
from cnn_core.learn.window import Padding, Sliding

_FILTERS = (4, 8, 16)


def map_size(chain: Chain, rng: np.random.Generator) -> Question | None:
    """How large is the map with this stride and padding?"""
    stride = int(rng.integers(1, 4))
    rows, columns = chain.values.shape
    fits = len(chain.weights) <= min(rows, columns)
    padding: Padding = "none" if fits and rng.random() < 0.6 else "zeros"
    sliding = Sliding(rows, columns, len(chain.weights), stride, padding)
    wrong = _wrong_with_zeros(sliding) if padding == "zeros" else _wrong_without(sliding)
    right = _size(sliding.out_columns, sliding.out_rows), f"{sliding.size_in_words}."
    choices = mixed(rng, right, [answer for answer in wrong if not answer[0].startswith(("0", "-"))])
    around = "zeros around the picture" if padding == "zeros" else "no padding"
    return asked(
        "map_size",
        f"The picture has {_size(columns, rows)} numbers, the kernel {_size(sliding.side, sliding.side)}. How large is "
        f"the feature map with stride {stride} and {around}?",
        choices,
        See(
            "convolution",
            {"stride": None if stride == 1 else str(stride), "padding": None if padding == "none" else padding},
        ),
    )


def row_length(chain: Chain, rng: np.random.Generator) -> Question | None:
    """How many numbers go into the dense layer?"""
    filters = int(rng.choice(_FILTERS))
    rows, columns = chain.convolution.result.shape
    if min(rows, columns) < 2:
        return None
    down, across = rows // 2, columns // 2
    each = f"{columns}×{rows}"
    choices = mixed(
        rng,
        (
            f"{filters * down * across:,}",
            f"Each filter makes a map of {each}, pooling leaves {across}×{down} of it, and all {filters} maps go into "
            f"the row: {filters}·{across}·{down}.",
        ),
        [
            (f"{down * across:,}", f"That is one map. There are {filters} filters, and each makes a map."),
            (f"{filters * rows * columns:,}", "That is before pooling, which keeps one number of each 2×2."),
            (f"{filters * rows * columns // 2:,}", "Pooling of 2×2 halves rows and columns: a quarter is left."),
            (
                f"{filters + down * across:,}",
                "Filters and numbers are not added up: each of the filters makes a whole map.",
            ),
        ],
    )
    return asked(
        "row_length",
        f"The kernel makes a feature map of {each} of the picture. Now {filters} filters of this kind slide over it; "
        "each of their maps goes through ReLU and max pooling of 2×2, then all are flattened. How many numbers go into "
        "the dense layer?",
        choices,
        See("answer"),
    )


def weight_count(chain: Chain, rng: np.random.Generator) -> Question | None:
    """How many numbers has a convolution to learn?"""
    filters = int(rng.choice(_FILTERS))
    side, (rows, columns), (down, across) = len(chain.weights), chain.values.shape, chain.convolution.result.shape
    weights = side * side
    choices = mixed(
        rng,
        (
            f"{filters * (weights + 1):,}",
            f"{weights} weights and a bias for each of the {filters} filters. The size of the picture does not matter: "
            "the same weights are used at every place.",
        ),
        [
            (
                f"{filters * (weights + 1) * down * across:,}",
                f"So many it would be if each of the {across}×{down} places had weights of its own. They are shared.",
            ),
            (
                f"{filters * (rows * columns + 1):,}",
                "That is a dense layer, with a weight for each pixel. A kernel has one for each place of its window.",
            ),
            (f"{weights + 1:,}", f"That is one filter. There are {filters}, and each learns its own weights."),
            (f"{filters * weights:,}", "Nearly: the biases are missing, one for each filter."),
        ],
    )
    return asked(
        "weight_count",
        f"A convolution has {filters} filters of {side}×{side}, each with a bias, and looks at this picture of "
        f"{_size(columns, rows)}. How many numbers has it to learn?",
        choices,
        See("convolution"),
    )


def _wrong_without(sliding: Sliding) -> list[Answer]:
    rows, columns, side, stride = sliding.rows, sliding.columns, sliding.side, sliding.stride
    found = [
        (
            _size((columns - side) // stride, (rows - side) // stride),
            "The first place is missing: the window can be moved that often, and it also stands where it begins.",
        ),
        (
            _size(-(-columns // stride), -(-rows // stride)),
            "So large it would be with zeros around. Without them the window must fit into the picture.",
        ),
    ]
    if stride > 1:
        found.insert(
            0, (_size(columns - side + 1, rows - side + 1), "That is with stride 1: every place counts there.")
        )
    found += [
        (_size(columns - side, rows - side), "The kernel is taken off, the first place forgotten."),
        (_size(side, side), "That is the size of the kernel. There is a number for each place where it can lie."),
    ]
    return found


def _wrong_with_zeros(sliding: Sliding) -> list[Answer]:
    rows, columns, side, stride = sliding.rows, sliding.columns, sliding.side, sliding.stride
    found = []
    if min(rows, columns) >= side:
        inside = _size((columns - side) // stride + 1, (rows - side) // stride + 1)
        found.append((inside, "That is without padding. The zeros let the window reach the border."))
    if stride > 1:
        found.append((_size(columns, rows), "Zeros keep the size only with stride 1. Here places are left out."))
    found += [
        (
            _size(columns + side - 1, rows + side - 1),
            "That counts the zeros as part of the map. They only surround it.",
        ),
        (_size(columns // stride + 1, rows // stride + 1), "One too many: there are not more places than that."),
        (_size(side, side), "That is the size of the kernel. There is a number for each place where it can lie."),
    ]
    return found


def _size(columns: int, rows: int) -> str:
    return f"{columns}×{rows}"
