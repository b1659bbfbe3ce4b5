"""What the network says of pictures: the three most probable classes, and what it saw."""

from __future__ import annotations

import html
from collections.abc import Callable

import numpy as np
import streamlit as st
from PIL import Image

from cnn_core.errors import PictureError
from cnn_core.images.decode import Picture
from cnn_core.inference.classifier import Answer, Classifier
from pages.parts.gallery import Tile, data_uri, gallery
from pages.parts.ways_in import Arrival

_TOP = 3

_CSS = """
<style>
.cnn-lab-answer { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.cnn-lab-answer figure { margin: 0; }
.cnn-lab-answer figcaption { font-size: .8rem; margin-top: .35rem; opacity: .8; }
.cnn-lab-answer img { height: 140px; max-width: 220px; object-fit: contain; border-radius: .4rem; display: block;
  border: 1px solid rgba(128, 128, 148, .35); }
.cnn-lab-answer img.seen { image-rendering: pixelated; }
.cnn-lab-answer ol { list-style: none; margin: 0; padding: 0; flex: 1 1 14rem; min-width: 0; }
.cnn-lab-answer li { margin-bottom: .6rem; }
.cnn-lab-answer .row { display: flex; justify-content: space-between; gap: .75rem; }
.cnn-lab-answer li:first-child .row { font-weight: 600; font-size: 1.15rem; }
.cnn-lab-answer .track { height: .5rem; border-radius: .25rem; background: rgba(128, 128, 148, .25); overflow: hidden; }
.cnn-lab-answer .bar { height: 100%; border-radius: .25rem; background: #6F67F0; }
</style>
"""


def show_answers(pictures: list[Arrival], classifier: Callable[[], Classifier]) -> None:
    """Classify pictures and show an answer, or what is wrong, for each.

    Args:
        pictures: What came in.
        classifier: Gives the network; asked only when there is a picture to classify.
    """
    for arrival in pictures:
        with st.container(border=True):
            try:
                picture = arrival.read()
                answer = classifier().classify(picture)
            except PictureError as error:
                st.error(str(error), icon=":material/broken_image:")
                continue
            _show(arrival.name, picture, answer)


def _show(name: str, picture: Picture, answer: Answer) -> None:
    bars = "".join(
        f'<li><div class="row"><span>{html.escape(guess.label)}</span><span>{guess.probability:.1%}</span></div>'
        f'<div class="track"><div class="bar" style="width:{guess.probability:.2%}"></div></div></li>'
        for guess in answer.guesses[:_TOP]
    )
    title = html.escape(name)
    st.html(
        f'{_CSS}<div class="cnn-lab-answer">'
        f'<figure><img src="{_thumbnail(picture)}" alt="{title}"><figcaption>{title}</figcaption></figure>'
        f'<figure><img class="seen" src="{data_uri(answer.prepared.image)}" alt="{title} as the network saw it">'
        f"<figcaption>as the network saw it</figcaption></figure><ol>{bars}</ol></div>"
    )
    if answer.is_outlier:
        st.caption(
            ":material/help: Farther from its classes than 95 % of the images that it was checked on: "
            "it may be **none of them**."
        )
    with st.expander("How the picture became the network's input"):
        gallery([Tile(stage.image, stage.name, (stage.why,)) for stage in answer.prepared.stages])


def _thumbnail(picture: Picture) -> str:
    channels = [picture.rgb] if picture.alpha is None else [picture.rgb, picture.alpha[..., None]]
    small = Image.fromarray(np.concatenate(channels, axis=2))
    small.thumbnail((440, 280))
    return data_uri(np.asarray(small))
