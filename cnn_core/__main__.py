"""``python -m cnn_core``."""

from cnn_core.cli import main

main()
