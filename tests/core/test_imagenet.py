"""ImageNet weights: found, fetched and verified, or refused with words; never replaced by random ones."""

import base64
import hashlib
import math
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from cnn_core.config import DenseBlock, ImageNetTransfer, replace
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import DatasetError
from cnn_core.models import imagenet
from cnn_core.models.application import application_layers, build_on_application
from cnn_core.models.imagenet import WEIGHTS, WeightsFile, weights_file, weights_folder, weights_state
from cnn_core.models.imagenet_download import obtain_weights
from cnn_core.models.imagenet_facts import imagenet_facts, learning_parameters
from cnn_core.models.transfer import build_run_model, set_trainable
from cnn_core.models.transfer_settings import imagenet_config
from cnn_core.models.transfer_table import run_layer_table, run_network_size

SIDE = 32
NAME = "weights_of_a_test.h5"
GREY = (8, 8, 1)


class Storage(ThreadingHTTPServer):
    """Serves one file as Google's storage does; ``act`` is what it does instead."""

    daemon_threads = True

    def __init__(self, body):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/{NAME}"
        self.body, self.act, self.requests = body, "serve", 0


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        server, body = self.server, self.server.body
        server.requests += 1
        if server.act == "404":
            self.send_error(404)
            return
        sent = b"<html>Please log in</html>" if server.act == "login page" else body
        self.send_response(200)
        self.send_header("Content-Length", str(len(sent)))
        md5 = hashlib.md5(body)
        if server.act == "etag only":
            self.send_header("ETag", f'"{md5.hexdigest()}"')
        elif server.act != "no digest":
            self.send_header("x-goog-hash", "crc32c=4gcgLQ==")
            self.send_header("x-goog-hash", f"md5={base64.b64encode(md5.digest()).decode()}")
        self.end_headers()
        if server.act == "alter":
            sent = sent[:-1] + bytes([sent[-1] ^ 1])
        if server.act == "cut" or (server.act == "cut once" and server.requests == 1):
            sent = sent[: len(sent) // 2]
        self.wfile.write(sent)

    def log_message(self, *args):
        pass


@pytest.fixture
def storage(monkeypatch):
    """A server whose file takes the place of MobileNetV2's at 96, with no digest published."""
    monkeypatch.setenv("no_proxy", "*")
    server = Storage(bytes(range(256)) * 2000)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    publish(monkeypatch, server)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def own_keras_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


def publish(monkeypatch, server, digest=None, side=96):
    file = WeightsFile(NAME, (server.url,), len(server.body), digest)
    monkeypatch.setitem(WEIGHTS["mobilenet-v2"], side, file)


def visible():
    return sorted(path.name for path in weights_folder().iterdir() if path.name != ".lock")


# Where the file is looked for


def test_the_file_is_chosen_as_keras_chooses_it():
    assert "1.0_96_no_top" in weights_file("mobilenet-v2", 96).name
    assert "1.0_224_no_top" in weights_file("mobilenet-v2", 100).name
    for side in (32, 224):
        assert weights_file("resnet50-v2", side).name == "resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5"


def test_the_digest_of_resnet_is_the_one_that_keras_publishes():
    from keras.src.applications.resnet import WEIGHTS_HASHES

    assert weights_file("resnet50-v2", 96).digest == ("md5", WEIGHTS_HASHES["resnet50v2"][1])


def test_a_missing_file_is_told_with_its_place_and_address():
    state = weights_state("mobilenet-v2", 96)
    assert (state.state, state.path) == ("missing", None)
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_96_no_top.h5"
    assert f"put {name} into '{weights_folder()}'" in state.message
    assert f"https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/{name}" in state.message


def test_the_data_folder_comes_before_keras_cache(storage, tmp_path):
    cached = tmp_path / "keras" / "models" / NAME
    cached.parent.mkdir(parents=True)
    cached.write_bytes(storage.body)
    assert weights_state("mobilenet-v2", 96).path == cached
    assert obtain_weights("mobilenet-v2", 96) == cached
    weights_folder().mkdir(parents=True)
    (weights_folder() / NAME).write_bytes(storage.body)
    state = weights_state("mobilenet-v2", 96)
    assert (state.state, state.path) == ("ready", weights_folder() / NAME)
    assert storage.requests == 0


# Fetching and verifying


@pytest.mark.parametrize("act", ["serve", "etag only", "cut once"])
def test_a_download_is_verified_by_what_the_storage_says_and_remembers_it(storage, act):
    storage.act = act
    steps = []
    path = obtain_weights("mobilenet-v2", 96, steps.append)
    assert path.read_bytes() == storage.body
    assert visible() == [NAME, f"{NAME}.md5"]
    assert (weights_folder() / f"{NAME}.md5").read_text().split() == [hashlib.md5(storage.body).hexdigest(), NAME]
    assert steps[-1].bytes_done == steps[-1].bytes_total == len(storage.body)
    requests = storage.requests
    assert obtain_weights("mobilenet-v2", 96) == path
    assert storage.requests == requests


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("alter", "its MD5 is not the one that it sent along"),
        ("no digest", "does not say the MD5 of what it sends"),
        ("login page", "gave something else than the file"),
        ("404", "answered 404"),
        ("cut", "was cut off after"),
    ],
)
def test_what_is_not_the_file_is_refused_and_leaves_nothing(storage, act, told):
    storage.act = act
    with pytest.raises(DatasetError, match=told) as caught:
        obtain_weights("mobilenet-v2", 96)
    assert f"put {NAME} into '{weights_folder()}' yourself" in str(caught.value)
    assert visible() == []


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_published_digest_is_what_counts(storage, monkeypatch, algorithm):
    publish(monkeypatch, storage, (algorithm, hashlib.new(algorithm, storage.body).hexdigest()))
    storage.act = "no digest"
    assert obtain_weights("mobilenet-v2", 96).read_bytes() == storage.body
    assert visible() == [NAME]


def test_a_wrong_published_digest_is_refused(storage, monkeypatch):
    publish(monkeypatch, storage, ("sha256", "0" * 64))
    with pytest.raises(DatasetError, match="its SHA-256 is not the published one"):
        obtain_weights("mobilenet-v2", 96)
    assert visible() == []


def test_a_file_that_changed_after_its_download_is_neither_used_nor_replaced(storage):
    path = obtain_weights("mobilenet-v2", 96)
    path.write_bytes(storage.body[:-1] + b"x")
    with pytest.raises(DatasetError, match=r"its MD5 is not the one that came with it.*Delete it"):
        obtain_weights("mobilenet-v2", 96)
    assert path.read_bytes().endswith(b"x")
    assert storage.requests == 1


def test_a_file_that_is_not_whole_is_damaged(storage):
    weights_folder().mkdir(parents=True)
    (weights_folder() / NAME).write_bytes(storage.body[:1000])
    state = weights_state("mobilenet-v2", 96)
    assert state.state == "damaged"
    assert "it has 1,000 bytes, not 512,000" in state.message
    with pytest.raises(DatasetError, match="it has 1,000 bytes, not 512,000"):
        obtain_weights("mobilenet-v2", 96)


def test_without_a_network_the_place_is_told_and_nothing_random_is_built(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    file = WeightsFile(NAME, ("http://127.0.0.1:1/weights.h5",), 10, None)
    monkeypatch.setitem(WEIGHTS["mobilenet-v2"], 224, file)
    config = config_for()
    with pytest.raises(DatasetError, match=r"could not be reached .*put .* into .* yourself"):
        build_run_model(config, GREY, 10)


@pytest.mark.usefixtures("storage")
def test_what_the_caller_raises_ends_the_download():
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        obtain_weights("mobilenet-v2", 96, stop)
    assert visible() == []


# The network


def config_for(network="mobilenet-v2", weights="imagenet", **transfer):
    settings = {"side": SIDE, **transfer}
    config = imagenet_config(dataset_card("digits"), network, weights)
    blocks = [DenseBlock(units=6).model_dump()]
    changed = {**config.transfer.model_dump(), **settings}
    return replace(config, model={"blocks": blocks, "dropout": 0.5}, transfer=changed)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A file of weights in the format that Keras publishes, and the weights in it: those of a random network."""
    import keras

    keras.utils.set_random_seed(5)
    application = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(SIDE, SIDE, 3))
    # Averages of real values, as after a training: with fresh ones (0 and 1) the signal would die out on its way.
    for layer in application.layers:
        layer.momentum = 0.0
    application(np.random.default_rng(0).uniform(-1, 1, (32, SIDE, SIDE, 3)), training=True)
    path = tmp_path_factory.mktemp("published") / NAME
    application.save(path)
    return path, application.get_weights()


@pytest.fixture
def by_hand(published, monkeypatch):
    """The published file where a person would put it."""
    path, _ = published
    content = path.read_bytes()
    weights_folder().mkdir(parents=True)
    (weights_folder() / NAME).write_bytes(content)
    monkeypatch.setitem(WEIGHTS["mobilenet-v2"], 224, WeightsFile(NAME, (), len(content), None))


def weights_of(layers):
    return [weight for layer in layers for weight in layer.get_weights()]


def same(weights, others):
    return all(np.array_equal(one, other) for one, other in zip(weights, others, strict=True))


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (4, *GREY), np.uint8)


@pytest.mark.usefixtures("by_hand")
def test_the_published_weights_are_in_the_model(published, images, tmp_path):
    model = build_run_model(config_for(), GREY, 10)
    assert same(weights_of(application_layers(model)), published[1])
    assert str(model.inputs[0].dtype) == "uint8"
    # And as a saved file, loaded with nothing of ours: the same answers.
    import keras

    logits = model(images, training=False).numpy()
    assert logits.shape == (4, 10)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(images, training=False).numpy(), logits)


def test_the_features_are_those_of_keras_for_its_own_preprocessing(published, images):
    """The oracle: Keras's application on colour images that Keras has preprocessed."""
    import keras

    path, _ = published
    transfer = ImageNetTransfer(side=SIDE)
    model = build_on_application(config_for().model, transfer, GREY, 10, path)
    features = keras.Model(model.inputs[0], model.get_layer("average").output)(images, training=False).numpy()
    colour = np.repeat(images.astype(np.float32), 3, axis=-1)
    resized = np.array(keras.ops.image.resize(colour, (SIDE, SIDE)))
    application = keras.models.load_model(path)
    maps = application(keras.applications.mobilenet_v2.preprocess_input(resized), training=False).numpy()
    assert features.std() > 0.1
    np.testing.assert_allclose(features, maps.mean(axis=(1, 2)), rtol=1e-3, atol=1e-4)


@pytest.mark.usefixtures("by_hand")
def test_a_file_with_other_weights_is_refused(monkeypatch, tmp_path):
    import keras

    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    other.save(tmp_path / NAME)
    (weights_folder() / NAME).write_bytes(content := (tmp_path / NAME).read_bytes())
    monkeypatch.setitem(WEIGHTS["mobilenet-v2"], 224, WeightsFile(NAME, (), len(content), None))
    with pytest.raises(DatasetError, match=r"does not hold the weights of MobileNetV2 \(Layer count mismatch"):
        build_run_model(config_for(), GREY, 10)
    (weights_folder() / NAME).write_bytes(b"x" * len(content))
    with pytest.raises(DatasetError, match="does not hold the weights of MobileNetV2"):
        build_run_model(config_for(), GREY, 10)


@pytest.mark.usefixtures("by_hand")
def test_random_is_random_and_reads_nothing(published):
    model = build_run_model(config_for(weights="random"), GREY, 10)
    momenta = {layer.momentum for layer in application_layers(model) if hasattr(layer, "momentum")}
    assert momenta == {0.9}
    pairs = zip(weights_of(application_layers(model)), published[1], strict=True)
    assert not any(np.array_equal(ours, theirs) for ours, theirs in pairs if ours.ndim > 1)


def test_a_checkpoint_needs_no_weights():
    assert build_run_model(config_for(), GREY, 10, is_fresh=False).count_params() > 2e6


@pytest.mark.usefixtures("by_hand")
def test_a_share_from_the_image_on_is_frozen_and_normalisation_rests():
    config = config_for(frozen_share=0.5)
    model = build_run_model(config, (SIDE, SIDE, 3), 10)
    layers = application_layers(model)
    assert len(layers) == imagenet_facts("mobilenet-v2", SIDE).layers

    set_trainable(model, config, head_only=True)
    assert {layer.name for layer in model.layers if layer.trainable_weights} == {"block1_dense", "logits"}

    set_trainable(model, config, head_only=False)
    learning = [number for number, layer in enumerate(layers) if layer.trainable_weights]
    assert min(learning) >= round(0.5 * len(layers))
    assert not any(layers[number].__class__.__name__ == "BatchNormalization" for number in learning)
    counted = sum(math.prod(weight.shape) for layer in layers for weight in layer.trainable_weights)
    assert counted == learning_parameters(config.transfer)


@pytest.mark.usefixtures("by_hand")
def test_a_step_changes_what_may_learn_and_leaves_the_rest(images):
    config = config_for(frozen_share=0.5)
    model = build_run_model(config, GREY, 10)
    set_trainable(model, config, head_only=False)
    before = {layer.name: layer.get_weights() for layer in model.layers}
    learning = {layer.name for layer in model.layers if layer.trainable_weights}
    step(model, images)
    changed = {layer.name for layer in model.layers if not same(layer.get_weights(), before[layer.name])}
    assert changed <= learning
    assert {"Conv_1", "block1_dense", "logits"} <= changed


def step(model, images):
    import keras
    import tensorflow as tf

    labels = np.arange(len(images))
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    variables = model.trainable_variables
    keras.optimizers.SGD(1.0).apply(tape.gradient(loss, variables), variables)


# What it costs


@pytest.mark.parametrize("network", ["mobilenet-v2", "resnet50-v2"])
def test_the_facts_are_what_keras_builds(network):
    config = config_for(network, weights="random", frozen_share=0.3)
    model = build_run_model(config, GREY, 10)
    set_trainable(model, config, head_only=False)
    layers = application_layers(model)
    facts = imagenet_facts(network, SIDE)
    assert facts.layers == len(layers)
    assert facts.parameters == sum(layer.count_params() for layer in layers)
    assert (facts.feature_side, facts.feature_side, facts.channels) == tuple(layers[-1].output.shape[1:])
    assert facts.multiply_adds == sum(
        math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3]) for layer in layers if is_convolution(layer)
    )
    assert learning_parameters(config.transfer) == sum(
        math.prod(weight.shape) for layer in layers for weight in layer.trainable_weights
    )

    rows = run_layer_table(config, GREY, 10)
    size = run_network_size(config, GREY, 10)
    assert size.parameters == model.count_params()
    assert size.trainable_parameters == sum(math.prod(weight.shape) for weight in model.trainable_weights)
    ours = [layer for layer in model.layers if layer not in layers]
    assert [row.name for row in rows if row.type != "Model"] == [layer.name for layer in ours]
    assert [row.output_shape for row in rows if row.type != "Model"] == [
        tuple(layer.output.shape[1:]) for layer in ours
    ]


def is_convolution(layer):
    return type(layer).__name__ in ("Conv2D", "DepthwiseConv2D")


def test_the_cost_of_mobilenet_is_the_published_one():
    # Sandler et al. (2018) and Keras's table: 300 million at 224, 56 million at 96, the classifier's 1.3 included.
    assert imagenet_facts("mobilenet-v2", 224).multiply_adds == pytest.approx(300e6, rel=0.01)
    assert imagenet_facts("mobilenet-v2", 96).multiply_adds == pytest.approx(56e6, rel=0.03)
    assert imagenet.TITLES["mobilenet-v2"] == "MobileNetV2"
