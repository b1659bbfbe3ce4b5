"""Mixup and CutMix: the pixels and the targets tell the same story."""

import numpy as np
import pytest
from scipy import stats

from cnn_core.config import AugmentationConfig
from cnn_core.training.augment import mix

MIXUP, CUTMIX = AugmentationConfig(mixup=1), AugmentationConfig(cutmix=1)
BOTH = AugmentationConfig(mixup=1, cutmix=1)
SHAPE = (20, 16)


def mixed(config, images, targets, seed=(1, 2)):
    result, result_targets = mix(images, targets, config, np.array(seed, np.int32))
    return np.asarray(result), np.asarray(result_targets)


def flat_images(count, channels=1):
    """Images of one grey each, no two alike, each in a class of its own: whatever is mixed can be told apart."""
    greys = np.linspace(10, 250, count).astype(np.uint8)
    return np.tile(greys[:, None, None, None], (1, *SHAPE, channels)), np.eye(count, dtype=np.float32)


def other_of(targets):
    """Which class beside its own each row has most of."""
    return np.argmax(targets - 2 * np.eye(len(targets)) * targets, axis=1)


def test_without_mixing_everything_comes_back_untouched():
    images, targets = flat_images(5)
    result, result_targets = mixed(AugmentationConfig(noise=0.1), images, targets)
    np.testing.assert_array_equal(result, images)
    np.testing.assert_array_equal(result_targets, targets)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 2, 7, 64])
@pytest.mark.parametrize("config", [MIXUP, CUTMIX, BOTH])
def test_targets_stay_distributions_and_images_uint8(config, count, channels):
    images, targets = flat_images(count, channels)
    result, result_targets = mixed(config, images, targets)
    assert (result.shape, result.dtype, result_targets.dtype) == (images.shape, np.uint8, np.float32)
    assert (result_targets >= 0).all()
    np.testing.assert_allclose(result_targets.sum(axis=1), 1, rtol=1e-6)


def test_mixup_mixes_the_pixels_in_the_shares_of_the_targets():
    images, targets = flat_images(30)
    result, shares = mixed(MIXUP, images, targets)
    expected = shares @ images[:, 0, 0, 0]
    np.testing.assert_allclose(result, np.broadcast_to(expected[:, None, None, None], result.shape), atol=0.51)


def test_cutmix_takes_a_rectangle_of_the_other_image_and_its_share_of_the_target():
    images, targets = flat_images(30)
    result, shares = mixed(CUTMIX, images, targets)
    partners = other_of(shares)
    for i, image in enumerate(result[..., 0]):
        is_other = image != images[i, 0, 0, 0]
        assert shares[i, i] == pytest.approx(1 - is_other.mean(), abs=1e-6)
        if is_other.any():
            rows, columns = np.nonzero(is_other)
            assert is_other.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1), "one rectangle, without holes"
            assert (image[is_other] == images[partners[i], 0, 0, 0]).all()


@pytest.mark.parametrize("config", [MIXUP, CUTMIX])
def test_no_image_is_mixed_with_itself_and_the_partners_change_from_batch_to_batch(config):
    images, targets = flat_images(9)
    distances = set()
    for step in range(60):
        _, shares = mixed(config, images, targets, (1, step))
        partners = other_of(shares)
        assert (partners != np.arange(9)).all()
        distances |= set((np.arange(9) - partners)[shares.max(axis=1) < 1] % 9)
    assert distances == set(range(1, 9))


@pytest.mark.parametrize("alpha", [0.2, 1, 2])
def test_the_shares_of_mixup_follow_the_beta_distribution_image_by_image(alpha):
    count = 500
    images, targets = flat_images(count)
    _, shares = mixed(AugmentationConfig(mixup=alpha), images, targets)
    assert stats.kstest(np.diag(shares), stats.beta(alpha, alpha).cdf).pvalue > 0.001


def test_a_tiny_alpha_leaves_images_whole():
    images, targets = flat_images(64)
    _, shares = mixed(AugmentationConfig(mixup=1e-4), images, targets)
    assert (shares.max(axis=1) > 0.999).mean() > 0.95
    own = np.diag(shares)
    assert 0.2 < (own > 0.5).mean() < 0.8, "its own as often as the other"
    _, shares = mixed(AugmentationConfig(cutmix=1e-4), images, targets)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)


def test_the_centre_of_the_patch_has_nothing_to_do_with_its_size():
    count = 2000
    images, targets = flat_images(count)
    rows = np.arange(SHAPE[0])
    sizes, centres = [], []
    result, _ = mixed(CUTMIX, np.zeros_like(images), targets)
    assert not result.any()
    # Every second image is white and the partner an odd number of places away, or there is nothing to see.
    images[:] = 0
    images[::2] = 255
    for step in range(4):
        result, _ = mixed(CUTMIX, images, targets, (3, step))
        for image, original in zip(result[..., 0], images[..., 0], strict=True):
            changed = (image != original).any(axis=1)
            if changed.any() and not changed[0] and not changed[-1]:
                sizes.append(changed.sum())
                centres.append(rows[changed].mean())
    assert len(sizes) > 200
    assert abs(np.corrcoef(sizes, centres)[0, 1]) < 0.15


def test_with_both_set_each_batch_takes_one_of_the_two():
    images, targets = flat_images(16)
    kinds = []
    for step in range(30):
        result, _ = mixed(BOTH, images, targets, (1, step))
        only_originals = np.isin(result, images).all()
        is_flat = (result == result[:, :1, :1]).all()
        # A patch shows originals only; an overlay is flat.
        assert only_originals or is_flat
        kinds.append("cutmix" if only_originals else "mixup")
    assert 5 < kinds.count("cutmix") < 25


@pytest.mark.parametrize("config", [MIXUP, CUTMIX, BOTH])
def test_the_same_seed_mixes_the_same_and_another_something_else(config):
    images, targets = flat_images(16)
    for again, other in zip(mixed(config, images, targets), mixed(config, images, targets), strict=True):
        np.testing.assert_array_equal(again, other)
    assert not np.array_equal(mixed(config, images, targets)[1], mixed(config, images, targets, (1, 3))[1])


@pytest.mark.parametrize("config", [MIXUP, CUTMIX, BOTH])
def test_inside_a_training_graph_it_does_the_same(config):
    import tensorflow as tf

    images, targets = flat_images(16)
    signature = [
        tf.TensorSpec([None, *SHAPE, 1], tf.uint8),
        tf.TensorSpec([None, 16], tf.float32),
        tf.TensorSpec([2], tf.int32),
    ]
    in_graph = tf.function(lambda batch, own, seed: mix(batch, own, config, seed), input_signature=signature)
    for step in range(4):
        result, shares = mixed(config, images, targets, (1, step))
        graph_result, graph_shares = in_graph(images, targets, np.array([1, step], np.int32))
        assert np.abs(result.astype(int) - graph_result.numpy()).max() <= 1
        np.testing.assert_allclose(graph_shares, shares, atol=1e-6)
