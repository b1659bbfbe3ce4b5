"""The curve coach: plain rules over a run's history that say what is seen on this curve, and offer one change."""

from cnn_core.coach.advice import Advice, advise

__all__ = ["Advice", "advise"]
