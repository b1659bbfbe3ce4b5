"""The colours of the charts: told apart by people with any colour vision, legible on light and on dark pages."""

# From Okabe & Ito, "Color Universal Design" (2008): blue and vermilion, a little lightened for dark pages.
TRAINING = "#2F86D1"
VALIDATION = "#E0662B"
RATE = "#0C9E78"
# The best epoch's star, whose outline is the colour of its curve.
BEST = "#F2C14E"
# What is no curve: marks of events.
MARK = "#8B8FA3"
# In the picture of a network: pooled maps, and the arcs of residual blocks. Okabe and Ito's orange and purple.
POOLED = "#E69F00"
SHORTCUT = "#CC79A7"

# Curves beside each other, none of them grey. Each has at least 3:1 against the white and the dark page.
SERIES = (
    "#2F86D1",
    "#E0662B",
    "#009E73",
    "#C2689B",
    "#A97B00",
    "#8A63D2",
    "#96703F",
    "#1B93A5",
    "#B5544D",
    "#5E8C31",
)


def faded(colour: str, opacity: float = 0.65) -> str:
    """A ``#RRGGBB`` colour as ``rgba(…)`` with the given opacity in [0, 1]."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
