"""Features of images, the nearest training images by them, and where they are kept."""

import threading

import keras  # noqa: TID253 - what is tested is about Keras
import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.errors import RunError, StorageError
from cnn_core.explain import features, reading
from cnn_core.explain.features import MOST_FEATURES, FeatureNetwork
from cnn_core.explain.neighbours import Answered, company_in_words, nearest, same_pictures
from cnn_core.explain.reading import FeatureSource, Reading
from cnn_core.models.build import build_model
from cnn_core.models.presets import preset_config
from cnn_core.runs import features_file
from cnn_core.runs.features_file import FEATURES, model_version, read_features, write_features
from cnn_core.runs.lifecycle import delete_run
from cnn_core.runs.store import showcase
from tests.fixtures import finished_run, set_status, started_run

RANDOM = np.random.default_rng(0)
NOBODY_LISTENS = []
CHECKSUM = dataset_card("digits").checksum
NAMES = ("Shirt", "Coat", "Bag")


def digits_network(preset):
    return build_model(preset_config(preset, dataset_card("digits")).model, (8, 8, 1), 10)


def penultimate(model, images):
    """Keras's own way to the input of the last layer."""
    return keras.Model(model.input, model.layers[-1].input).predict(images, verbose=0)


@pytest.mark.parametrize("preset", ["fast", "mlp", "small-resnet"])
def test_features_are_the_input_of_the_last_layer_as_unit_vectors(preset):
    model, images = digits_network(preset), load_dataset("digits").test_images[:20]
    found = FeatureNetwork(model).features(images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, normalize(penultimate(model, images)), atol=1e-5)


def test_a_network_of_many_features_keeps_its_cosines_in_few_numbers():
    model = build_model(preset_config("simple-cnn", dataset_card("mnist")).model, (28, 28, 1), 10)
    images = RANDOM.integers(0, 256, (200, 28, 28, 1), np.uint8) * (RANDOM.random((200, 28, 28, 1)) < 0.2)
    exact = normalize(penultimate(model, images))
    assert exact.shape[1] == 11 * 11 * 64
    found = FeatureNetwork(model).features(images)
    assert found.shape == (200, MOST_FEATURES)
    error = found @ found.T - exact @ exact.T
    assert np.abs(error).mean() < 0.04
    np.testing.assert_allclose(np.diag(found @ found.T), 1, atol=1e-5)


def test_all_images_are_read_in_their_order_and_the_share_grows_to_one():
    network, images, shares = FeatureNetwork(digits_network("mlp")), load_dataset("digits").train_images[:300], []
    found = network.many(images, shares.append)
    assert found.dtype == np.float16
    np.testing.assert_allclose(found, network.features(images), atol=1e-3)
    assert shares == sorted(shares)
    assert (len(shares) > 1, shares[-1]) == (True, 1)


@pytest.mark.parametrize("is_busy", [True, False])
def test_a_busy_machine_gets_as_long_as_each_batch_took(monkeypatch, is_busy):
    network, slept, now = FeatureNetwork(digits_network("mlp")), [], iter(range(0, 1000, 7))
    monkeypatch.setattr(features.time, "perf_counter", lambda: next(now))
    monkeypatch.setattr(features.time, "sleep", slept.append)
    network.many(load_dataset("digits").train_images[:300], NOBODY_LISTENS.append, lambda: is_busy)
    # Three batches, each of which took 7 s by this clock.
    assert slept == ([7, 7, 7] if is_busy else [])


def test_features_that_are_no_numbers_are_refused():
    model = digits_network("mlp")
    kernel, bias = model.layers[-2].get_weights()
    model.layers[-2].set_weights([0 * kernel, bias + np.inf])
    with pytest.raises(RunError, match="not finite"):
        FeatureNetwork(model).many(load_dataset("digits").train_images[:10], NOBODY_LISTENS.append)


def test_an_image_without_any_feature_is_far_from_all():
    model = digits_network("mlp")
    model.layers[-2].set_weights([np.zeros_like(weight) for weight in model.layers[-2].get_weights()])
    (query,) = FeatureNetwork(model).features(load_dataset("digits").test_images[:1])
    assert not query.any()
    np.testing.assert_array_equal(nearest(np.eye(128, dtype=np.float32), query, 2).distances, [1, 1])


def test_the_nearest_are_those_that_scikit_learn_finds():
    features = normalize(RANDOM.random((500, 16))).astype(np.float32)
    queries = normalize(RANDOM.random((20, 16))).astype(np.float32)
    distances, indices = (
        NearestNeighbors(n_neighbors=6, metric="cosine", algorithm="brute").fit(features).kneighbors(queries)
    )
    for query, expected_indices, expected_distances in zip(queries, indices, distances, strict=True):
        found = nearest(features, query, 6)
        np.testing.assert_array_equal(found.indices, expected_indices)
        np.testing.assert_allclose(found.distances, expected_distances, atol=1e-6)


def test_there_are_no_more_neighbours_than_images():
    features = np.eye(3, dtype=np.float32)
    found = nearest(features, features[1], 6)
    assert found.indices.tolist() == [1, 0, 2]
    np.testing.assert_allclose(found.distances, [0, 1, 1])


@pytest.mark.parametrize(
    ("neighbours", "sentence"),
    [
        (
            [1, 1, 1, 1, 1, 0],
            "5 of its 6 nearest training images are labelled Coat: the network sees it among these, and this is why it "
            "said so.",
        ),
        (
            [1] * 6,
            "All of its 6 nearest training images are labelled Coat: the network sees it among these, and this is why "
            "it said so.",
        ),
        ([1, 1, 1, 0, 0, 0], None),  # half of them is no majority
        ([1, 1, 1, 2, 2, 2], None),  # none of them is Shirt, but they do not agree on another label either
        ([0, 0, 0, 0, 1, 1], None),
        ([], None),
    ],
)
def test_a_label_is_doubted_only_where_most_neighbours_agree_on_another(neighbours, sentence):
    assert company_in_words(neighbours, Answered(0, 1, is_suspicious=False), NAMES) == sentence


def test_only_pictures_that_agree_in_every_pixel_are_the_same():
    image = RANDOM.integers(0, 256, (8, 8, 3), np.uint8)
    other = image.copy()
    other[7, 7, 2] ^= 1
    assert same_pictures(np.stack([other, image, 255 - image]), image).tolist() == [False, True, False]


FEW = normalize(RANDOM.random((7, 4))).astype(np.float16)
IMAGES = np.zeros((7, 8, 8, 1), np.uint8)


def test_stored_features_come_back_bit_by_bit():
    run = finished_run()
    write_features(run, 5, CHECKSUM, FEW)
    np.testing.assert_array_equal(read_features(run, 5, CHECKSUM, FEW.shape), FEW)
    # Those of the network as it was taught pictures lie beside them.
    assert read_features(run, 5, CHECKSUM, FEW.shape, is_adapted=True) is None
    write_features(run, 5, CHECKSUM, -FEW, is_adapted=True)
    np.testing.assert_array_equal(read_features(run, 5, CHECKSUM, FEW.shape, is_adapted=True), -FEW)
    np.testing.assert_array_equal(read_features(run, 5, CHECKSUM, FEW.shape), FEW)


def test_features_of_another_network_or_dataset_or_damaged_ones_are_as_if_there_were_none():
    run = finished_run()
    assert read_features(run, 5, CHECKSUM, FEW.shape) is None
    write_features(run, 5, CHECKSUM, FEW)
    assert read_features(run, 6, CHECKSUM, FEW.shape) is None
    assert read_features(run, 5, "of another dataset", FEW.shape) is None
    whole = (run.path / FEATURES).read_bytes()
    for content in (b"", b"no archive", whole[: len(whole) // 2]):
        (run.path / FEATURES).write_bytes(content)
        assert read_features(run, 5, CHECKSUM, FEW.shape) is None
    write_features(run, 5, CHECKSUM, FEW * np.float16(np.nan))
    assert read_features(run, 5, CHECKSUM, FEW.shape) is None
    write_features(run, 5, CHECKSUM, FEW.astype(np.float32))
    assert read_features(run, 5, CHECKSUM, FEW.shape) is None


@pytest.mark.parametrize("shape", [(7, 5), (8, 4), (4, 7)])
def test_features_of_another_shape_are_as_if_there_were_none(shape):
    run = finished_run()
    write_features(run, 5, CHECKSUM, FEW)
    assert read_features(run, 5, CHECKSUM, shape) is None
    write_features(run, 5, CHECKSUM, FEW.ravel())
    assert read_features(run, 5, CHECKSUM, FEW.shape) is None


def test_features_of_another_format_are_as_if_there_were_none(monkeypatch):
    run = finished_run()
    with monkeypatch.context() as patch:
        patch.setattr(features_file, "FORMAT", features_file.FORMAT + 1)
        write_features(run, 5, CHECKSUM, FEW)
    assert read_features(run, 5, CHECKSUM, FEW.shape) is None
    # Those of version 0.3 had none.
    np.savez(run.path / FEATURES, features=FEW, version=np.int64(5), checksum=np.str_(CHECKSUM))
    assert read_features(run, 5, CHECKSUM, FEW.shape) is None


def test_features_are_deleted_with_their_run():
    run = finished_run()
    write_features(run, 5, CHECKSUM, FEW)
    delete_run(run)
    assert not (run.path / FEATURES).exists()


def test_those_of_the_showcase_lie_among_the_runs_and_not_in_the_project(tmp_path):
    write_features(showcase(), 5, CHECKSUM, FEW)
    assert not (showcase().path / FEATURES).exists()
    assert [path.name for path in (tmp_path / "runs").rglob("*") if path.is_file()] == [FEATURES]


class Network:
    """In place of a network: its features are FEW, and it can be held up."""

    width = FEW.shape[1]

    def __init__(self):
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.has_begun = threading.Event()
        self.was_busy = None

    def many(self, _images, on_share, is_busy):
        self.has_begun.set()
        self.was_busy = is_busy()
        on_share(0.5)
        assert self.may_go_on.wait(30)
        return FEW


def read(run, network=None, images=lambda: IMAGES):
    return Reading(FeatureSource(run, model_version(run), CHECKSUM, lambda: network or Network(), images))


def ended(one):
    one.wait(30)
    assert not one.is_active
    return one


def test_features_are_made_once_and_found_again_by_the_next_server():
    run = finished_run()
    first = ended(read(run))
    assert (first.state, first.error, first.unsaved) == ("done", None, None)
    np.testing.assert_array_equal(first.features, FEW.astype(np.float32))

    class Stored(Network):
        def many(self, *_):
            raise AssertionError("they are stored")

    second = ended(read(run, Stored()))
    np.testing.assert_array_equal(second.features, first.features)
    with pytest.raises(ValueError, match="read-only"):
        second.features[0] = 0


def test_networks_take_turns_and_tell_how_far_they_are():
    slow, quick = Network(), Network()
    slow.may_go_on.clear()
    first = read(finished_run(), slow)
    assert slow.has_begun.wait(30)
    second = read(finished_run(), quick)
    second.wait(0.2)
    assert (first.state, first.share) == ("reading", 0.5)
    assert (second.state, quick.has_begun.is_set()) == ("waiting", False)
    slow.may_go_on.set()
    assert ended(first).state == ended(second).state == "done"


def test_what_another_one_made_while_one_waited_is_not_made_again():
    run, other = finished_run(), finished_run()
    slow, late = Network(), Network()
    slow.may_go_on.clear()
    first = read(other, slow)
    assert slow.has_begun.wait(30)
    second = read(run, late)
    second.wait(0.2)
    write_features(run, model_version(run), CHECKSUM, FEW)
    slow.may_go_on.set()
    assert ended(first).state == ended(second).state == "done"
    assert not late.has_begun.is_set()


def test_stored_features_that_do_not_fit_the_images_are_made_anew():
    run = finished_run()
    write_features(run, model_version(run), CHECKSUM, FEW[:3])
    network = Network()
    assert ended(read(run, network)).state == "done"
    assert network.has_begun.is_set()


def test_a_full_disk_leaves_the_features_in_memory_and_says_so(monkeypatch):
    def full(*_, **_options):
        raise StorageError("The disk is full.")

    monkeypatch.setattr(reading, "write_features", full)
    one = ended(read(finished_run()))
    assert (one.state, one.unsaved) == ("done", "The disk is full.")
    assert one.features is not None


@pytest.mark.parametrize("error", [RunError("The network cannot be loaded."), MemoryError()])
def test_what_goes_wrong_is_told(error):
    def images():
        raise error

    class Asking(Network):
        def many(self, *_):
            raise AssertionError("there are no images")

    one = ended(read(finished_run(), Asking(), images))
    assert (one.state, one.features) == ("failed", None)
    assert one.error == (str(error) or "There is not enough memory for the features of the training images.")


def test_a_training_under_way_is_left_half_of_the_machine():
    network = Network()
    ended(read(finished_run(), network))
    assert network.was_busy is False
    set_status(started_run(), state="paused")
    ended(read(finished_run(), network))
    assert network.was_busy is False
    started_run()
    ended(read(finished_run(), network))
    assert network.was_busy is True


@pytest.mark.real_data
def test_on_the_showcase_the_nearest_training_image_mostly_has_the_label_of_the_test_image():
    from cnn_core.inference.network import Network as Loaded

    network, dataset = FeatureNetwork(Loaded(showcase()).model), load_dataset("fashion-mnist")
    features = network.many(dataset.train_images[:6000], NOBODY_LISTENS.append).astype(np.float32)
    queries = network.features(dataset.test_images[:1000])
    labels = [dataset.train_labels[nearest(features, query, 1).indices[0]] for query in queries]
    assert 0.88 < np.mean(labels == dataset.test_labels[:1000]) < 1


@pytest.mark.parametrize(
    ("neighbours", "predicted", "is_suspicious", "is_doubted"),
    [([1] * 6, 1, True, True), ([1] * 5 + [0], 1, True, False), ([1] * 6, 1, False, False), ([1] * 6, 2, True, False)],
)
def test_a_label_is_doubted_only_where_all_neighbours_the_answer_and_the_list_agree(
    neighbours, predicted, is_suspicious, is_doubted
):
    words = company_in_words(neighbours, Answered(0, predicted, is_suspicious), NAMES)
    assert ("Its own label, Shirt, is on the list" in words) is is_doubted
    assert ("still it said" in words) is (predicted == 2)
