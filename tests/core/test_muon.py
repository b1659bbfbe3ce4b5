"""Muon: which kernels it orthogonalises, and that it does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig
from cnn_core.models.build import build_model
from cnn_core.training.muon import Muon


def matrix_of(kernel):
    return np.reshape(kernel, (-1, kernel.shape[-1]))


def model_of(channels=1):
    keras.utils.set_random_seed(0)
    blocks = (ConvBlock(filters=8), ConvBlock(filters=16, batch_norm=True), DenseBlock(units=12))
    return build_model(ModelConfig(blocks=blocks), (10, 10, channels), 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_all_kernels_but_the_first_and_the_last_are_orthogonalised(channels):
    model = model_of(channels)
    optimizer = Muon(0.01)
    muons = [weight.path for weight in model.trainable_variables if not optimizer._should_use_adamw(weight)]
    assert muons == ["block2_conv/kernel", "block3_dense/kernel"]


def test_depthwise_kernels_are_no_matrices():
    inputs = keras.Input((10, 10, 8))
    model = keras.Model(inputs, keras.layers.DepthwiseConv2D(3)(inputs))
    assert all(Muon(0.01)._should_use_adamw(weight) for weight in model.trainable_variables)


def test_a_step_moves_a_kernel_alike_in_all_directions():
    model = model_of()
    kernel = model.get_layer("block2_conv").kernel
    before = kernel.numpy()
    optimizer = Muon(0.1, weight_decay=0.0, adam_weight_decay=0.0)
    optimizer.build([kernel])
    optimizer.apply([tf.random.normal(kernel.shape, seed=1)], [kernel])
    moved = matrix_of(before - kernel.numpy())
    values = np.linalg.svd(moved / (0.1 * 0.2 * np.sqrt(72)), compute_uv=False)
    # Newton and Schulz's iteration with Muon's coefficients ends between 0.7 and 1.2.
    assert 0.6 < values.min() < values.max() < 1.3


@pytest.mark.parametrize("shape", [(72, 16), (16, 72), (20, 20)])
def test_of_a_matrix_it_makes_what_keras_makes(shape):
    update = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    theirs = keras.optimizers.Muon(0.01).zeropower_via_newtonschulz5(tf.constant(update), 5)
    np.testing.assert_allclose(Muon(0.01).zeropower_via_newtonschulz5(tf.constant(update), 5), theirs, atol=1e-4)


def test_of_a_matrix_of_low_rank_it_makes_what_keras_makes():
    random = np.random.default_rng(0)
    update = (random.normal(size=(72, 3)) @ random.normal(size=(3, 16))).astype(np.float32)
    theirs = keras.optimizers.Muon(0.01).zeropower_via_newtonschulz5(tf.constant(update), 5)
    np.testing.assert_allclose(Muon(0.01).zeropower_via_newtonschulz5(tf.constant(update), 5), theirs, atol=1e-3)


def test_a_kernel_is_treated_as_the_matrix_that_it_is_multiplied_as():
    update = np.random.default_rng(0).normal(size=(3, 3, 8, 16)).astype(np.float32)
    found = Muon(0.01).zeropower_via_newtonschulz5(tf.constant(update), 5)
    flat = keras.optimizers.Muon(0.01).zeropower_via_newtonschulz5(tf.constant(matrix_of(update)), 5)
    np.testing.assert_allclose(matrix_of(found.numpy()), flat, atol=1e-4)


def test_a_gradient_of_zeros_moves_nothing():
    found = Muon(0.01).zeropower_via_newtonschulz5(tf.zeros((3, 3, 8, 16)), 5)
    assert not np.any(found)
