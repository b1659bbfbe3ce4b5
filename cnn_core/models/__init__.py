"""Networks: presets, the arithmetic of their shapes, and the Keras models built from them."""
