"""The views of the Learn page, and what leads to one of them set up in a certain way."""

from __future__ import annotations

from pages.parts.address import Values, change
from pages.parts.learn.duel_address import PARAMETERS as DUEL_PARAMETERS
from pages.parts.tab_views import TabViews

CONVOLUTION, ACTIVATION, POOLING, ANSWER = "Convolution", "Activation", "Pooling", "Answer"
DUEL = "Why convolution?"

# The place that one looks at.
PLACE = "at"
# What is chosen for the picture, the kernel, the activation and the pooling holds in all views: each shows what the
# ones before it lead to.
VIEWS = TabViews(
    "learn",
    {
        CONVOLUTION: (PLACE,),
        ACTIVATION: (PLACE,),
        POOLING: (PLACE, "shift"),
        ANSWER: (PLACE, "class", "temperature"),
        DUEL: (PLACE, *DUEL_PARAMETERS),
    },
)


def choose(**choices: Values) -> None:
    """Write choices into the address; for callbacks. The place goes: it may be another one, or nowhere, with them."""
    change({PLACE: None, **choices})
