"""What is drawn beside the sections of Start, as HTML: of the picture, of a dataset, of computed curves."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from cnn_core.data.dataset import Dataset
from cnn_core.data.sample import Sample
from cnn_core.figures.colours import VALIDATION
from cnn_core.figures.map_picture import map_picture
from cnn_core.figures.sketch import Mark, sketch
from cnn_core.learn.comparing import LookAlike, busiest_window
from cnn_core.learn.descent import descend, loss_of_share, loss_of_weight
from cnn_core.learn.grey_picture import grey_picture
from cnn_core.learn.numbers import figure
from pages.parts.gallery import data_uri, thumbnail

CSS = f"""
<style>
.cnn-lab-start {{ display: flex; flex-wrap: wrap; gap: .5rem; align-items: flex-start; justify-content: center; }}
.cnn-lab-start figure {{ margin: 0; flex: 0 1 auto; text-align: center; }}
.cnn-lab-start figcaption {{ font-size: .8rem; line-height: 1.3; margin-top: .3rem; overflow-wrap: anywhere; }}
.cnn-lab-start img {{ display: block; width: 98px; height: 98px; object-fit: contain; image-rendering: pixelated;
  border-radius: .25rem; outline: 1px solid rgba(128, 128, 148, .4); margin-inline: auto; }}
.cnn-lab-start figure.narrow {{ width: 98px; }}
.cnn-lab-start .framed {{ position: relative; }}
.cnn-lab-start .framed img {{ width: auto; height: auto; max-width: 100%; }}
.cnn-lab-start .framed i {{ position: absolute; border: 3px solid {VALIDATION}; border-radius: 2px; }}
.cnn-lab-start table {{ border-collapse: collapse; font-size: .75rem; font-variant-numeric: tabular-nums;
  outline: 3px solid {VALIDATION}; }}
.cnn-lab-start td {{ width: 2.1rem; height: 1.7rem; text-align: center; padding: 0; border: 0; }}
.cnn-lab-start svg {{ width: 100%; max-width: 380px; height: auto; }}
</style>
"""
_NUMBERS_SHOWN, _SIDE = 6, 168


def numbers(values: np.ndarray) -> str:
    """The picture, a window marked on it, and the numbers of that window."""
    rows, columns = values.shape
    side = min(_NUMBERS_SHOWN, rows, columns)
    row, column = busiest_window(values, side)
    scale = _SIDE / max(rows, columns)
    frame = ";".join(
        f"{name}:{100 * length / total:.2f}%"
        for name, length, total in (
            ("left", column, columns),
            ("top", row, rows),
            ("width", side, columns),
            ("height", side, rows),
        )
    )
    picture = (
        f'<figure><div class="framed" style="width:{columns * scale:.0f}px;height:{rows * scale:.0f}px">'
        f'<img style="width:100%;height:100%" src="{_uri(values)}" alt="The picture, with a window marked on it">'
        f'<i style="{frame}"></i></div></figure>'
    )
    cells = "".join(
        f"<tr>{''.join(_cell(value) for value in line)}</tr>"
        for line in values[row : row + side, column : column + side].tolist()
    )
    return _all(picture, f"<figure><table aria-label='The numbers in the marked window'>{cells}</table></figure>")


def labelled(sample: Sample) -> str:
    """Images of a dataset, each with its label."""
    pairs = zip(sample.images, sample.names, strict=True)
    return _all(*(_figure(thumbnail(image), name, f"A training image: {name}") for image, name in pairs))


def compared(dataset: Dataset, index: int, alike: LookAlike) -> str:
    """An image, the same moved, and another thing that is more alike."""
    values = grey_picture(dataset.train_images[index]).values
    name = dataset.class_names[int(dataset.train_labels[index])]
    return _all(
        _figure(_uri(values), f"{name}", "The image"),
        _figure(
            _uri(alike.moved),
            f"moved by {alike.pixels}: differs by {alike.distance_moved:.3f}",
            "The same image, moved to the right",
        ),
        _figure(
            _uri(alike.other),
            f"{alike.other_name}: differs by {alike.distance_other:.3f}",
            f"The image of another class that is most alike: {alike.other_name}",
        ),
    )


def calculation() -> str:
    """A network as a box between numbers and shares."""
    box = 'rx="8" fill="none" stroke="currentColor" stroke-opacity=".5"'
    words = 'text-anchor="middle" font-size="13" fill="currentColor"'
    arrow = 'stroke="currentColor" stroke-opacity=".6" stroke-width="2" fill="none"'
    layers = "".join(
        f'<rect x="{118 + 38 * at}" y="52" width="28" height="66" rx="6" fill="{VALIDATION}" fill-opacity="{share}"/>'
        for at, share in enumerate((0.25, 0.45, 0.65))
    )
    alt = "The numbers of the picture go through layers, each with weights of its own; shares of the classes come out."
    return _all(
        f'<svg viewBox="0 0 340 170" role="img" aria-label="{alt}">'
        f'<rect x="4" y="52" width="74" height="66" {box}/><text x="41" y="82" {words}>numbers</text>'
        f'<text x="41" y="100" {words}>in</text><path d="M80 85h28m-7 -5l7 5l-7 5" {arrow}/>{layers}'
        f'<text x="170" y="142" {words}>layers, full of weights</text><path d="M226 85h28m-7 -5l7 5l-7 5" {arrow}/>'
        f'<rect x="260" y="52" width="74" height="66" {box}/><text x="297" y="82" {words}>shares</text>'
        f'<text x="297" y="100" {words}>out</text></svg>'
    )


def loss() -> str:
    """The loss over the share of the right class."""
    shares = np.linspace(0.03, 1, 80)
    curve = list(zip(shares.tolist(), loss_of_share(shares).tolist(), strict=True))
    marks = [
        Mark((share, float(loss_of_share(share))), f"{share:.0%}: {figure(float(loss_of_share(share)))}")
        for share in (0.1, 0.5, 0.9)
    ]
    alt = "The loss falls steeply at first and reaches 0 where the right class gets everything."
    return _all(sketch(curve, marks, x="share of the right class", y="loss", alt=alt))


def gradient() -> str:
    """Steps downhill, on the loss over one weight."""
    weights = np.linspace(-2.6, 3, 80)
    curve = list(zip(weights.tolist(), loss_of_weight(weights).tolist(), strict=True))
    way = descend(-2.4, 1.0, 6)
    marks = [Mark((at, float(loss_of_weight(at))), "start" if not place else "") for place, at in enumerate(way)]
    alt = "A valley. From the left slope six steps lead towards its lowest point, each shorter than the one before."
    return _all(sketch(curve, marks, x="one weight", y="loss", alt=alt, is_path=True))


def epochs(losses: Sequence[float]) -> str:
    """The loss of a training, epoch by epoch."""
    curve = [(float(epoch), value) for epoch, value in enumerate(losses, start=1)]
    marks = [Mark(point, figure(point[1]) if place in (0, len(curve) - 1) else "") for place, point in enumerate(curve)]
    alt = f"The loss falls from {figure(losses[0])} in the first epoch to {figure(losses[-1])} in the last."
    return _all(sketch(curve, marks, x="epoch", y="loss", alt=alt))


def _all(*parts: str) -> str:
    return f'<div class="cnn-lab-start">{"".join(parts)}</div>'


def _figure(address: str, words: str, alt: str) -> str:
    caption = f"<figcaption>{html.escape(words)}</figcaption>"
    return f'<figure class="narrow"><img src="{address}" alt="{html.escape(alt)}">{caption}</figure>'


def _uri(values: np.ndarray) -> str:
    return data_uri(map_picture(values, is_signed=False))


def _cell(value: float) -> str:
    # Dark text on bright cells, bright on dark ones.
    ink, grey = "#14151F" if value > 0.5 else "#FFFFFF", round(255 * value)
    return f'<td style="background:rgb({grey} {grey} {grey});color:{ink}">{figure(value)}</td>'
