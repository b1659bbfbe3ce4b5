"""Questions whose answers are worked out from the numbers of the picture and of the maps."""

from __future__ import annotations

import numpy as np

from cnn_core.learn.chain import Chain
from cnn_core.learn.kernels import KERNELS
from cnn_core.learn.numbers import figure, in_brackets
from cnn_core.learn.questions import NumberAnswer, Question, See, Shown, asked, mixed, mixed_numbers
from cnn_core.learn.sliding import Step, convolve

_PLAIN_KERNEL = {"numbers": None, "filter": None, "stride": None, "padding": None}
_PLAIN_POOLING = {"activation": None, "pooling": None, "window": None, "pool_stride": None, "shift": None}
_BRIGHTER = 0.1
_TRIALS = 40
_NOTHING = 1e-9


def window_sum(chain: Chain, rng: np.random.Generator) -> Question | None:
    """What is the sum for this window?"""
    step = _telling_place(chain, rng)
    if step is None:
        return None
    count = step.patch.size
    right = (step.total, f"Each weight times the number below it, all {count} products added up: {step.arithmetic}.")
    choices = mixed_numbers(rng, right, _wrong_sums(step), gap=_gap(chain.weights))
    return asked(
        "window_sum",
        f"The kernel lies on this window of the picture. Which number stands at row {step.row + 1}, column "
        f"{step.column + 1} of the feature map? Work it out roughly.",
        choices,
        See("convolution", place=(step.row, step.column)),
        (Shown("Window on the picture", step.patch, is_signed=False), Shown("Kernel", step.weights, is_signed=True)),
    )


def made_by(chain: Chain, rng: np.random.Generator) -> Question | None:
    """Which of these kernels made this map?"""
    side = min(chain.values.shape)
    names = [name for name, kernel in KERNELS.items() if len(kernel.weights) <= min(side, 3)]
    maps = {name: convolve(chain.values, KERNELS[name].weights).result for name in names}
    order = [names[place] for place in rng.permutation(len(names))]
    # What leaves the picture as it is, everybody knows.
    right = next((name for name in order if name != "identity" and np.abs(maps[name]).max() > 0.05), None)
    if right is None:
        return None
    others = [name for name in order if name != right and not _are_alike(maps[right], maps[name])]
    # First those whose maps have the same colours: the others are easily told apart.
    others.sort(key=lambda name: (maps[name].min() < 0) != (maps[right].min() < 0))
    choices = mixed(
        rng,
        (KERNELS[right].title, f"{KERNELS[right].why} That is what this map shows."),
        [(KERNELS[name].title, _not_made(name, maps[name], maps[right])) for name in others],
    )
    if choices is None:
        return None
    by_title = {kernel.title: kernel.weights for kernel in KERNELS.values()}
    kernels = [Shown(choice.text, by_title[choice.text], is_signed=True) for choice in choices]
    is_signed = bool((maps[right] < 0).any())
    return asked(
        "made_by",
        "Which of these kernels made this feature map of the picture? Blue is above 0, orange below."
        if is_signed
        else "Which of these kernels made this feature map of the picture? Black is 0.",
        choices,
        See("convolution", {**_PLAIN_KERNEL, "kernel": right}),
        (
            Shown("Picture", chain.values, is_signed=False, is_table=False),
            Shown("Feature map", maps[right], is_signed=is_signed, is_table=False),
            *kernels,
        ),
    )


def relu_pool(chain: Chain, rng: np.random.Generator) -> Question | None:
    """What is left of these four numbers after ReLU and max pooling?"""
    result = chain.convolution.result
    rows, columns = (length // 2 for length in result.shape)
    blocks = result[: rows * 2, : columns * 2].reshape(rows, 2, columns, 2).swapaxes(1, 2)
    # The number farthest from 0 is negative: who forgets ReLU, or its sign, is caught.
    is_telling = (blocks.max(axis=(2, 3)) > 0.05) & (-blocks.min(axis=(2, 3)) > blocks.max(axis=(2, 3)) + 0.05)
    places = np.argwhere(is_telling)
    if not len(places):
        return None
    row, column = (int(at) for at in rng.choice(places))
    block = blocks[row, column]
    kept = np.maximum(block, 0)
    largest, farthest = float(block.max()), float(block.min())
    choices = mixed_numbers(
        rng,
        (largest, "ReLU makes what is negative 0 and leaves the rest. Of the four numbers then, the largest is kept."),
        [
            (-farthest, f"{figure(farthest)} is farthest from 0, but ReLU does not drop its sign: it makes it 0."),
            (farthest, "A negative number does not come through ReLU. And of what does, the largest is taken."),
            (float(kept.mean()), "That is the mean after ReLU: average pooling. Max pooling takes one number."),
            (float(kept.sum()), "That is the sum after ReLU. Pooling does not add up, it chooses (or takes the mean)."),
            (0.0, "Only the negative ones become 0. Something positive is left, and the largest of it is kept."),
        ],
        gap=0.02,
    )
    return asked(
        "relu_pool",
        "These four numbers of the feature map go through ReLU and then through max pooling of 2×2. What comes out?",
        choices,
        See("pooling", _PLAIN_POOLING, (row, column)),
        (Shown("Window on the feature map", block, is_signed=True),),
    )


def relu_zeros(chain: Chain, rng: np.random.Generator) -> Question | None:
    """How many numbers of the map are 0 after ReLU?"""
    result = chain.convolution.result
    # What is left of sums that cancel out is no number.
    below, above = int((result < -_NOTHING).sum()), int((result > _NOTHING).sum())
    zero = result.size - below - above
    if not below or not above:
        return None
    choices = mixed(
        rng,
        (f"{below + zero:,}", f"The {below:,} negative ones become 0, and the {zero:,} that were 0 stay 0."),
        [
            (f"{below:,}", f"These become 0. But {zero:,} were 0 before, and ReLU leaves them so."),
            (f"{zero:,}", f"These were 0 before. The {below:,} negative ones become 0, too."),
            (f"{above:,}", "These are positive: the ones that ReLU lets through unchanged."),
            (f"{above + zero:,}", "Zeros stay, but what is positive goes through; what is negative becomes 0."),
        ],
    )
    return asked(
        "relu_zeros",
        f"The feature map has {result.size:,} numbers: {below:,} are negative, {zero:,} are 0, and {above:,} are "
        "positive. How many are 0 after ReLU?",
        choices,
        See("activation", {"activation": None}),
        (Shown("Feature map before ReLU", result, is_signed=True, is_table=False),),
    )


def brighter(chain: Chain, rng: np.random.Generator) -> Question | None:
    """What becomes of a sum when every pixel gets brighter?"""
    step = _telling_place(chain, rng, is_any=True)
    if step is None:
        return None
    total, weights = step.total, step.weights
    added = _BRIGHTER * float(weights.sum())
    sums = in_brackets(figure(float(weights.sum())))
    count = weights.size
    choices = mixed_numbers(
        rng,
        (
            total + added,
            f"Each product grows by {_BRIGHTER:g} times its weight, so the sum grows by {_BRIGHTER:g} times all "
            f"weights together: {_BRIGHTER:g}·{sums} = {figure(added)}.",
        ),
        [
            (total, f"It would stay if the weights added up to 0. These add up to {sums}."),
            (total + _BRIGHTER, f"Not each sum grows by {_BRIGHTER:g}: all {count} pixels do, each times its weight."),
            (total + _BRIGHTER * count, f"All {count} pixels grow, but each counts with its weight."),
            (total + _BRIGHTER * float(np.abs(weights).sum()), "Negative weights take away: their signs count."),
            (0.0, "Brightness is no reason for 0: what counts is how the weights add up."),
        ],
        gap=0.02,
    )
    return asked(
        "brighter",
        f"At row {step.row + 1}, column {step.column + 1} of the feature map stands {figure(total)}. Now every "
        f"pixel of the picture becomes brighter by {_BRIGHTER:g}. What stands there then?",
        choices,
        See("convolution", place=(step.row, step.column)),
        (Shown("Kernel", weights, is_signed=True),),
    )


def _telling_place(chain: Chain, rng: np.random.Generator, *, is_any: bool = False) -> Step | None:
    """A place whose window lies inside the picture; unless any will do, one that the usual mistakes get wrong."""
    found, sliding = chain.convolution, chain.convolution.sliding
    rows, columns = chain.values.shape
    inside = [
        place
        for place in np.ndindex(found.result.shape)
        if min(sliding.corner(*place)) >= 0
        and sliding.corner(*place)[0] + sliding.side <= rows
        and sliding.corner(*place)[1] + sliding.side <= columns
    ]
    if not inside:
        return None
    if not is_any:
        strongest = float(np.abs(found.result).max())
        # In an even area there is little to be worked out.
        inside = [place for place in inside if abs(found.result[place]) >= strongest / 4] or inside
    for number in rng.permutation(len(inside))[: 1 if is_any else _TRIALS]:
        step = found.step(*inside[int(number)])
        gap = _gap(chain.weights)
        if is_any or mixed_numbers(rng, (step.total, ""), _wrong_sums(step), gap=gap) is not None:
            return step
    return None


def _wrong_sums(step: Step) -> list[NumberAnswer]:
    patch, weights, count = step.patch, step.weights, step.patch.size
    middle = (len(weights) // 2, len(weights) // 2)
    return [
        (
            float((patch * weights[::-1, ::-1]).sum()),
            "That is the sum with the kernel turned around by 180°, as in mathematics. Networks lay it down as it is.",
        ),
        (float((patch * np.abs(weights)).sum()), "Here the minus signs are lost: negative weights take away."),
        (float(patch.sum()), f"These are the {count} numbers of the window added up, without their weights."),
        (step.total / count, f"That is the mean of the {count} products. A convolution adds up, and does not divide."),
        (float(step.products[middle]), f"That is the product in the middle alone. All {count} count."),
        (-step.total, "The size is right, the sign is not: look where the weights are negative."),
    ]


def _gap(weights: np.ndarray) -> float:
    # Four times what rounding the numbers of the window to two decimals can change.
    return max(0.1, 0.02 * float(np.abs(weights).sum()))


def _are_alike(one: np.ndarray, other: np.ndarray) -> bool:
    scaled = [values / max(float(np.abs(values).max()), 1e-9) for values in (one, other)]
    return float(np.abs(scaled[0] - scaled[1]).mean()) < 0.03


def _not_made(name: str, its_map: np.ndarray, shown: np.ndarray) -> str:
    row, column = np.unravel_index(int(np.abs(its_map - shown).argmax()), shown.shape)
    return (
        f"{KERNELS[name].why} It would put {figure(float(its_map[row, column]))} at row {row + 1}, column "
        f"{column + 1}; in this map {figure(float(shown[row, column]))} stands there."
    )
