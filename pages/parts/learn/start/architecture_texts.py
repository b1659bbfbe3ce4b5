"""What is said of each layer of the network on Start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cnn_core.learn.chain import Chain
from cnn_core.runs.store import SHOWCASE
from pages.parts.address import Values
from pages.parts.learn.views import ACTIVATION, ANSWER, CONVOLUTION, POOLING
from pages.parts.words import plain


@dataclass(frozen=True)
class Layer:
    """A step of the drawing.

    Attributes:
        name: Of the layer.
        size: Of what comes out of it.
        text: What it does, as Markdown.
        label: On the button that shows more; none without a view.
        view: That shows more.
        choices: How the view is set up.
    """

    name: str
    size: str
    text: str
    label: str = ""
    view: str = ""
    choices: Mapping[str, Values] = field(default_factory=dict)


def layers(chain: Chain, names: Sequence[str], answer: tuple[str, float]) -> list[Layer]:
    """All steps of the drawing.

    Args:
        chain: The picture on its way.
        names: The classes of the network that is asked; none where it is not asked yet.
        answer: Its class for the picture, and the share of that class.

    Raises:
        ConfigError: A window does not fit into the picture.
    """
    count = chain.pooled.result.size
    return [*_of_maps(chain), _flattened(count), _dense(count, len(names)), _softmax(answer, len(names)), _many()]


def _of_maps(chain: Chain) -> list[Layer]:
    values, result, pooled = chain.values, chain.convolution.result, chain.pooled.result
    side, kept = len(chain.weights), chain.side
    return [
        Layer(
            "Picture",
            f"{_size(values.shape)}: {values.size:,} numbers",
            "It begins with the picture, a table of numbers. A picture in colour would be three tables.",
        ),
        Layer(
            "Convolution",
            f"{_size(result.shape)}: {result.size:,} numbers",
            f"A small table of weights, the **kernel** (here {side}×{side}), slides over the picture. Wherever it "
            "lies, each weight is multiplied by the number below it, and all products are added up. These sums are a "
            "new table, the **feature map**. It is strong where the picture looks like the kernel: blue is above 0, "
            f"orange below. The same {side * side} weights serve the whole picture, so it does not matter where "
            "something is.",
            "Slide the kernel yourself",
            CONVOLUTION,
            {"at": None},
        ),
        Layer(
            "Activation",
            f"{_size(result.shape)}, as before",
            f"Every number goes through a curve, here **{chain.activation.title}**. The usual one, ReLU, makes all "
            "negative numbers 0 and leaves the others as they are. Without a bend like this, many layers could do no "
            "more than a single one. There is nothing to learn here.",
            "See the curve",
            ACTIVATION,
            {"at": None},
        ),
        Layer(
            "Pooling",
            f"{_size(pooled.shape)}: {pooled.size:,} numbers",
            f"Of each window of {kept}×{kept} numbers one is kept, mostly the largest. The map becomes smaller, there "
            "is less to compute, and where exactly something was found no longer matters so much. Nothing to learn "
            "here, either.",
            "See what is kept",
            POOLING,
            {"at": None},
        ),
    ]


def _flattened(count: int) -> Layer:
    return Layer(
        "Flatten",
        f"{count:,} numbers in a row",
        "Rows and columns have done their work. What is left of the map is written as one long row of numbers, a "
        "vector, and no number changes.",
    )


def _dense(count: int, classes: int) -> Layer:
    return Layer(
        "Dense",
        f"{classes} scores",
        "A **dense layer** multiplies the row by a matrix: each class has a weight for every number of the row. The "
        f"sum is the score of the class, its **logit**. For {count:,} numbers and {classes} classes that is "
        f"{count * classes:,} weights. The bars are the scores that a trained network gives to your picture; it has "
        "many more maps than the one that is drawn here, and it knows only the classes that it has learned.",
        "See the scores being added up",
        ANSWER,
        {"at": None},
    )


def _softmax(answer: tuple[str, float], classes: int) -> Layer:
    name, share = answer
    return Layer(
        "Softmax",
        f"{classes} shares",
        "Scores may be any numbers. **Softmax** makes shares of them: *e* to the power of each, divided by the sum of "
        f"all these. Together they are 100%, and the largest is the answer: **{plain(name)}** with {share:.1%}.",
        "See the shares being worked out",
        ANSWER,
        {"temperature": None},
    )


def _many() -> Layer:
    return Layer(
        "Many filters, several blocks",
        "",
        "A real network looks for many things at once. Each kernel, or **filter**, makes a map of its own: four "
        "filters, four maps. A filter of the second convolution has a kernel for each of these maps and adds "
        "up what they find, so it can find combinations: an edge here and another one there are a corner. Convolution, "
        "activation and pooling together are a **block**. From block to block the maps become smaller and more, and "
        "each number sums up a larger piece of the picture. The kernels in this drawing were chosen by hand; a trained "
        "network has found its own.",
        "See kernels that were learned",
        CONVOLUTION,
        {"kernel": "learned", "numbers": None, "filter": "1", "run": SHOWCASE},
    )


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]}"
