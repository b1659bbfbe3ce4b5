"""The sections of Start: what each says, what is drawn beside it, and where one tries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from cnn_core.data.dataset import Dataset
from cnn_core.learn.comparing import LookAlike, look_alike
from cnn_core.runs.store import SHOWCASE, showcase_beginning
from pages.parts import cached
from pages.parts.address import Values
from pages.parts.learn.picture import ShownPicture
from pages.parts.learn.start import drawings as drawn
from pages.parts.learn.views import ANSWER, CONVOLUTION, MOVED, POOLING, SOFTMAX, WORK
from pages.parts.words import plain


@dataclass(frozen=True)
class WayOn:
    """A button below a section.

    Attributes:
        label: What is done, on the button.
        view: The view that it opens.
        see: One sentence: what to look at there.
        choices: What it writes into the address.
        shown: The container there in which one sees it, by its key.
    """

    label: str
    view: str
    see: str
    choices: Mapping[str, Values] = field(default_factory=dict)
    shown: str = WORK


@dataclass(frozen=True)
class Section:
    """A section: its title, its text as Markdown, the HTML of its drawing, and a button.

    Without a button it leads to the page Train.
    """

    title: str
    text: str
    drawing: str
    way: WayOn | None = None


_PLAINLY = {"numbers": None, "filter": None, "stride": None, "padding": None}


def sections(picture: ShownPicture) -> list[Section]:
    """The sections, in their order, about the picture that is chosen."""
    dataset, index = picture.of_dataset
    found = [_numbers(picture), _classes(dataset)]
    alike = _alike(dataset.name, dataset.checksum, index, dataset)
    if alike is not None:
        found.append(_comparing(dataset, index, alike))
    return [*found, _weights(), _loss(), _gradient(), _epochs()]


# It reads a thousand images.
@st.cache_resource(max_entries=64, show_spinner=False)
def _alike(name: str, checksum: str, index: int, _dataset: Dataset) -> LookAlike | None:  # noqa: ARG001
    return look_alike(_dataset, index)


def _numbers(picture: ShownPicture) -> Section:
    rows, columns = picture.grey.values.shape
    return Section(
        "A picture is a table of numbers",
        "Come close enough to a picture and you see little squares, its **pixels**. To a computer each of them is a "
        "number that says how bright it is; here 0 is black and 1 is white. This picture has "
        f"{rows} rows and {columns} columns, so it is a matrix of **{rows * columns:,} numbers**. (A picture in colour "
        "is three of them: how much red, how much green, how much blue.) There is nothing else in it, no shoe and no "
        "face. Whatever a computer says about a picture, it works it out from these numbers.",
        drawn.numbers(picture.grey.values),
        WayOn(
            "Look at all of its numbers",
            CONVOLUTION,
            "There, point at any place of the picture: the window shows nine numbers at a time.",
            {**_PLAINLY, "kernel": "identity"},
        ),
    )


def _classes(dataset: Dataset) -> Section:
    names = dataset.class_names
    return Section(
        "The task: say what it shows",
        f"In **classification** there is a fixed list of names, the **classes**: {plain(dataset.title)} has "
        f"{len(names)}. The computer is to say which of them a picture shows. It does not just name one: it gives "
        "every class a share, and all shares add up to 100%. The largest is its answer. To learn this it needs "
        "examples, the **training images**. A person has looked at each and noted its class: that is its **label**.",
        drawn.labelled(cached.sample_images(dataset.name, 6)),
        WayOn(
            "Let a trained network answer",
            ANSWER,
            "A share for each class; how they come about stands above.",
            {},
            SOFTMAX,
        ),
    )


def _comparing(dataset: Dataset, index: int, alike: LookAlike) -> Section:
    name = plain(dataset.class_names[int(dataset.train_labels[index])])
    other = plain(alike.other_name)
    moved, away = f"{alike.distance_moved:.3f}", f"{alike.distance_other:.3f}"
    pixels = f"{alike.pixels} pixel{'s' * (alike.pixels > 1)}"
    if alike.is_fooled:
        verdict = (
            f"Moved by {pixels}, this image of class *{name}* differs from itself by {moved} a pixel, and from an "
            f"image of class *{other}* by {away} only: by their pixels, these two are more alike."
        )
    else:
        verdict = (
            f"Moved by {pixels}, this image of class *{name}* differs from itself by {moved} a pixel; from an image "
            f"of class *{other}* it differs by {away}."
        )
    return Section(
        "Why not simply compare pixels?",
        "One could keep all examples and look for the one whose numbers are most alike. But let a picture move a "
        f"little. You see the same thing; for the computer many of its numbers are different ones. {verdict} What is "
        "needed is something that asks *what is there*, an edge, a corner, a strap, wherever it happens to be.",
        drawn.compared(dataset, index, alike),
        WayOn(
            "Move a picture by one pixel",
            POOLING,
            "The two layers that do this come further below. Here it is enough to compare the two percentages.",
            {"pooling": None, "window": "3", "pool_stride": "3", "shift": "right"},
            MOVED,
        ),
    )


def _weights() -> Section:
    return Section(
        "What is learned: the weights",
        "A **neural network** is one long calculation. The table of numbers goes in, the shares come out. Between them "
        "it multiplies and adds, in several stages that are called **layers**. Nobody writes down by what it "
        "multiplies. These numbers, the **weights**, are what it learns. At first they are drawn at random, and the "
        "answers are no better than guesses. Learning means: change the weights, again and again, so that the "
        "answers to the examples become better. The next three sections say how.",
        drawn.calculation(),
        WayOn(
            "Change a weight by hand",
            CONVOLUTION,
            "Nine weights, all 0 but one. Type another number over one of them, and see what comes out.",
            {**_PLAINLY, "kernel": "own", "numbers": "0 0 0, 0 1 0, 0 0 0"},
        ),
    )


def _loss() -> Section:
    return Section(
        "How wrong was it? The loss",
        "For an example the right class is known. The **loss** is one number for how badly the network did: minus the "
        "natural logarithm of the share that it gave to the right class. A share of 90% costs little, one of 10% "
        "twenty times as much, and for being sure of something wrong there is hardly a limit. Training has a single "
        "aim: make the mean loss of all examples small.",
        drawn.loss(),
        WayOn(
            "See where the shares come from",
            ANSWER,
            "Take the share of the right class there: what would its loss be?",
            {"temperature": None},
            SOFTMAX,
        ),
    )


def _gradient() -> Section:
    return Section(
        "Which way is down? The gradient",
        "Change a single weight a little, and the loss becomes a little larger or smaller: that is its slope. The "
        "slopes of all weights together are the **gradient**. Each weight then takes a small step against its own "
        "slope, downhill. How long the steps are is the **learning rate**: with short ones it takes for ever, with "
        "long ones it jumps across the valley. The drawing shows one weight; a network does the same with thousands "
        "at once. Computing all slopes from the back to the front is called *backpropagation*.",
        drawn.gradient(),
        WayOn(
            "See weights that were found this way",
            CONVOLUTION,
            "A kernel of the network that comes with this app. It began with random numbers.",
            {**_PLAINLY, "kernel": "learned", "run": SHOWCASE, "filter": "1"},
        ),
    )


def _epochs() -> Section:
    history = showcase_beginning()
    return Section(
        "Again and again: epochs",
        "For each step the network looks at a handful of examples only, a **batch**, and then at the next handful. "
        "When all examples had their turn, an **epoch** is over, and it begins anew. While the loss falls from epoch "
        "to epoch, the network is learning. Whether it has understood something, or only knows its examples by heart, "
        "is checked with images that it never learned from: the **test images**. The curve is that of the network "
        f"that comes with this app, in its first training of {len(history)} epochs.",
        drawn.epochs(history["loss"].tolist()),
    )
