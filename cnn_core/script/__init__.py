"""A run as a Keras script that stands alone: what "Show the code" shows."""

from cnn_core.script.compose import script_name, training_script

__all__ = ["script_name", "training_script"]
