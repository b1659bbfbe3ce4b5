"""The views of the Learn page, and what leads to one of them set up in a certain way."""

from __future__ import annotations

from pages.parts.address import Values, change
from pages.parts.learn.duel.address import PARAMETERS as DUEL_PARAMETERS
from pages.parts.learn.mode import shown_views
from pages.parts.tab_views import TabViews

START, CONVOLUTION, ACTIVATION, POOLING, ANSWER = "Start", "Convolution", "Activation", "Pooling", "Answer"
NETWORK, DUEL, QUESTIONS = "Your network", "Why convolution?", "Questions"

# The place that one looks at; how far the network on Start is drawn; which questions are asked.
PLACE, STEP, QUIZ = "at", "step", "q"
# Keys of the containers that a button brings into sight: the title, what one works with, and parts of it.
HEAD, WORK, MOVED, SOFTMAX, EXCITES = "learn-head", "learn-work", "learn-moved", "learn-softmax", "learn-excites"
STANDING, SWEEPS = "learn-standing", "learn-sweeps"
# Of a network: the station, the map of it, the page of its maps, the epoch.
LAYER, MAP, PAGE, EPOCH = "layer", "map", "page", "epoch"
# What a feature map and a pooled map come of.
_OF_FEATURE_MAP = ("picture", "image", "kernel", "numbers", "filter", "stride", "padding")
_OF_POOLED_MAP = (*_OF_FEATURE_MAP, "window", "pool_stride")
# What is chosen for the picture, the kernel, the activation and the pooling holds in all views: each shows what the
# ones before it lead to.
VIEWS = TabViews(
    "learn",
    {
        START: (STEP,),
        CONVOLUTION: (PLACE,),
        ACTIVATION: (PLACE,),
        POOLING: (PLACE, "shift"),
        ANSWER: (PLACE, "class", "temperature"),
        NETWORK: (PLACE, LAYER, MAP, PAGE, EPOCH, "steps", "excites"),
        DUEL: (PLACE, *DUEL_PARAMETERS),
        QUESTIONS: (QUIZ,),
    },
    shown=shown_views,
    chosen_for={
        CONVOLUTION: {PLACE: _OF_FEATURE_MAP},
        ACTIVATION: {PLACE: _OF_FEATURE_MAP},
        POOLING: {PLACE: _OF_POOLED_MAP},
        ANSWER: {PLACE: _OF_POOLED_MAP, "class": ("run",)},
        NETWORK: dict.fromkeys((PLACE, LAYER, MAP, PAGE, EPOCH), ("run",)),
    },
)


def choose(**choices: Values) -> None:
    """Write choices into the address; for callbacks. The place goes: it may be another one, or nowhere, with them."""
    change({PLACE: None, **choices})
