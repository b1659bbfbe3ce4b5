"""Muon for convolutional networks."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

# Kernels that see so few see the image itself: grey or colour.
_MOST_CHANNELS_OF_AN_IMAGE = 4


class Muon(keras.optimizers.Muon):  # type: ignore[misc]  # Keras has no types
    """Keras's Muon, which orthogonalises the updates of dense kernels, with two changes.

    * Kernels of convolutions are orthogonalised too, as the matrices (height · width · channels, filters) that they
      are multiplied as (Jordan, "Muon: An optimizer for hidden layers", 2024). Those that see the image's channels, the
      kernel of the logits, and depthwise kernels, which are no matrices, are left to AdamW.
    * The iteration of Newton and Schulz runs on the Gram matrix of the shorter side and multiplies the whole matrix
      once, at the end: the same polynomial, for tall kernels in half of the multiplications or less.
    """

    def _should_use_adamw(self, variable: Any) -> bool:
        shape = variable.shape
        sees_the_image = len(shape) == 4 and shape[-2] <= _MOST_CHANNELS_OF_AN_IMAGE
        is_depthwise = len(shape) == 4 and shape[-1] == 1
        is_last = "logits/" in f"/{variable.path}"
        return len(shape) not in (2, 4) or sees_the_image or is_depthwise or is_last

    def lr_adjust(self, x: Any) -> Any:
        """Scale an update as large as AdamW's are (Liu et al., "Muon is Scalable for LLM Training", 2025)."""
        rows, columns = math.prod(x.shape[:-1]), x.shape[-1]
        return x * (self.rms_rate * math.sqrt(max(rows, columns)))

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Bring the singular values of a kernel's update near 1.

        Args:
            x: (…, columns) float32.
            steps: Of the iteration.

        Returns:
            The same shape.
        """
        matrix = tf.reshape(x, [-1, x.shape[-1]])
        is_tall = matrix.shape[0] > matrix.shape[1]
        gram = tf.matmul(matrix, matrix, transpose_a=is_tall, transpose_b=not is_tall)
        # The squared Frobenius norm: no singular value is larger than 1 afterwards.
        scale = tf.linalg.trace(gram) + 1e-14
        gram /= scale
        identity = tf.eye(gram.shape[0])
        product = None
        for _ in range(steps):
            factor = self.muon_a * identity + self.muon_b * gram + self.muon_c * gram @ gram
            # Polynomials of one matrix: the order of the factors does not matter.
            product = factor if product is None else factor @ product
            gram = factor @ gram @ factor
        matrix = matrix @ product if is_tall else product @ matrix
        return tf.reshape(matrix * tf.math.rsqrt(scale), x.shape)
