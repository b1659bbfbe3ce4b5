"""Questions on Learn: what they call right is what Keras's own layers give, for many pictures and seeds."""

import re

import keras
import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d
from sklearn.datasets import load_digits

from cnn_core.errors import ConfigError
from cnn_core.learn.chain import Chain
from cnn_core.learn.kernels import KERNELS
from cnn_core.learn.numbers import figure
from cnn_core.learn.question_ideas import divided, moved, raised, seen
from cnn_core.learn.question_numbers import brighter, made_by, relu_pool, relu_zeros, window_sum
from cnn_core.learn.question_set import COMPUTED, COUNT, IDEAS, Answers, draw_questions, other_seed
from cnn_core.learn.question_sizes import map_size, row_length, weight_count
from cnn_core.learn.questions import mixed, mixed_numbers

SEEDS = range(12)
CHAINS = {
    "digit": Chain(load_digits().images[5] / 16, KERNELS["sobel-vertical"].weights),
    "wide": Chain(np.random.default_rng(1).random((12, 17)), KERNELS["emboss"].weights, padding="zeros"),
    "by twos": Chain(np.random.default_rng(2).random((28, 28)), KERNELS["gaussian-blur"].weights, stride=2),
}
OF_KERAS = {"none": "valid", "zeros": "same"}


@pytest.fixture(params=list(CHAINS))
def chain(request):
    return CHAINS[request.param]


def made(maker, chain):
    """The questions of a sort for many seeds: at least one, unless there is nothing to ask."""
    return [question for seed in SEEDS if (question := maker(chain, np.random.default_rng(seed))) is not None]


def keras_map(chain, values=None):
    values = chain.values if values is None else values
    found = keras.ops.conv(
        values[None, :, :, None].astype("float32"),
        chain.weights[:, :, None, None].astype("float32"),
        strides=chain.stride,
        padding=OF_KERAS[chain.padding],
    )
    return np.asarray(found)[0, :, :, 0]


def number_of(text):
    return float(text.replace("−", "-").replace(",", "").rstrip("%"))


def test_the_sum_of_a_window_is_that_of_keras(chain):
    questions = made(window_sum, chain)
    assert questions
    for question in questions:
        expected = keras_map(chain)[question.see.place]
        assert number_of(question.right.text) == pytest.approx(expected, abs=0.006)
        others = [number_of(choice.text) for choice in question.choices if not choice.is_right]
        assert min(abs(other - expected) for other in others) > 0.08
        patch, weights = (shown.values for shown in question.shown)
        assert (patch * weights).sum() == pytest.approx(expected, abs=1e-4)


def test_a_kernel_that_is_turned_around_is_among_the_wrong_answers():
    question = window_sum(CHAINS["digit"], np.random.default_rng(0))
    patch, weights = (shown.values for shown in question.shown)
    turned = convolve2d(patch, weights, "valid").item()
    assert figure(turned) in [choice.text for choice in question.choices if not choice.is_right]


def test_only_the_right_kernel_makes_the_map(chain):
    by_title = {kernel.title: kernel.weights for kernel in KERNELS.values()}
    questions = made(made_by, chain)
    assert len({question.right.text for question in questions}) > 2
    for question in questions:
        feature_map = question.shown[1].values
        for choice in question.choices:
            its_map = correlate2d(chain.values, by_title[choice.text], "valid")
            assert np.allclose(feature_map, its_map, atol=1e-9) == choice.is_right
        assert KERNELS[question.see.changes["kernel"]].title == question.right.text


def test_the_wrong_kernels_are_refuted_by_numbers_that_are_true():
    question = made_by(CHAINS["digit"], np.random.default_rng(3))
    by_title = {kernel.title: kernel.weights for kernel in KERNELS.values()}
    for choice in question.choices:
        if choice.is_right:
            continue
        would, row, column, stands = re.search(
            r"put (\S+) at row (\d+), column (\d+); in this map (\S+) stands", choice.why
        ).groups()
        place = int(row) - 1, int(column) - 1
        its_map = correlate2d(CHAINS["digit"].values, by_title[choice.text], "valid")
        assert figure(its_map[place]) == would
        assert figure(question.shown[1].values[place]) == stands


def test_the_size_of_a_map_is_that_of_keras(chain):
    asked = set()
    for question in made(map_size, chain):
        stride = int(question.see.changes["stride"] or 1)
        padding = question.see.changes["padding"] or "none"
        asked.add((stride, padding))
        assert f"stride {stride}" in question.text
        layer = keras.layers.Conv2D(1, len(chain.weights), strides=stride, padding=OF_KERAS[padding])
        _, rows, columns, _ = layer.compute_output_shape((None, *chain.values.shape, 1))
        assert question.right.text == f"{columns}×{rows}"
    assert len(asked) > 3


def filters_of(question):
    return int(re.search(r"(\d+) filters", question.text)[1])


def test_the_row_before_the_dense_layer_is_as_long_as_that_of_keras(chain):
    for question in made(row_length, chain):
        layers = [
            keras.layers.Input((*chain.values.shape, 1)),
            keras.layers.Conv2D(
                filters_of(question), len(chain.weights), strides=chain.stride, padding=OF_KERAS[chain.padding]
            ),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
        ]
        assert number_of(question.right.text) == keras.Sequential(layers).output_shape[1]


def test_a_layer_has_as_many_weights_as_that_of_keras(chain):
    for question in made(weight_count, chain):
        layer = keras.layers.Conv2D(filters_of(question), len(chain.weights))
        layer.build((None, *chain.values.shape, 1))
        assert number_of(question.right.text) == layer.count_params()


def test_relu_and_pooling_give_what_those_of_keras_give():
    questions = made(relu_pool, CHAINS["digit"])
    assert questions
    pooled = keras.ops.max_pool(keras.ops.relu(keras_map(CHAINS["digit"]))[None, :, :, None], 2)
    for question in questions:
        expected = float(np.asarray(pooled)[0, :, :, 0][question.see.place])
        assert question.right.text == figure(expected)


def test_the_zeros_behind_relu_are_counted_as_those_of_keras():
    (question, *_) = made(relu_zeros, CHAINS["digit"])
    zeros = (np.asarray(keras.ops.relu(keras_map(CHAINS["digit"]))) < 1e-6).sum()
    assert number_of(question.right.text) == zeros


def test_a_brighter_picture_changes_a_sum_as_keras_says(chain):
    questions = made(brighter, chain)
    assert questions
    for question in questions:
        expected = keras_map(chain, chain.values + 0.1)[question.see.place]
        assert number_of(question.right.text) == pytest.approx(expected, abs=0.006)


def test_a_map_moves_by_as_many_places_as_are_asked(chain):
    for question in made(moved, chain):
        stride = int(question.see.changes["stride"])
        pixels = int(re.search(r"moves (\d+) pixels", question.text)[1])
        picture = np.zeros((1, 30, 30, 1), "float32")
        picture[0, 6, 6] = 1
        dots = [picture, np.roll(picture, pixels, axis=2)]
        kernel = np.ones((1, 1, 1, 1), "float32")
        columns = [
            np.asarray(keras.ops.conv(dot, kernel, strides=stride))[0, :, :, 0].max(axis=0).argmax() for dot in dots
        ]
        assert f"{columns[1] - columns[0]} place" in question.right.text


def test_two_convolutions_see_as_much_as_an_impulse_spreads(chain):
    for question in made(seen, chain):
        spread = convolve2d(np.ones_like(chain.weights), np.ones_like(chain.weights))
        assert question.right.text == f"{spread.shape[1]}×{spread.shape[0]}"


def test_shares_stay_when_all_logits_grow_alike(chain):
    for question in made(raised, chain):
        logits = [number_of(part) for part in re.findall(r"[ABC] (−?[\d.]+)", question.text)[:3]]
        by = int(re.search(r"grow by (\d)", question.text)[1])
        expected = np.asarray(keras.ops.softmax(np.array(logits) + by))[0]
        assert number_of(question.right.text) == pytest.approx(100 * expected, abs=0.06)


def test_a_temperature_lowers_the_largest_share_and_keeps_the_order():
    question = divided(CHAINS["digit"], np.random.default_rng(0))
    logits = np.random.default_rng(0).normal(size=10)
    before = np.asarray(keras.ops.softmax(logits))
    after = np.asarray(keras.ops.softmax(logits / int(question.see.changes["temperature"])))
    assert after.max() < before.max()
    assert (np.argsort(after) == np.argsort(before)).all()
    assert question.right.text == "The largest share falls, the order stays"


@pytest.mark.parametrize("maker", [*COMPUTED, *IDEAS], ids=lambda maker: maker.__name__)
def test_each_question_has_one_right_answer_and_explains_all(maker, chain):
    for question in made(maker, chain):
        assert question.name == maker.__name__
        texts = [choice.text for choice in question.choices]
        assert 3 <= len(texts) <= 4
        assert len(set(texts)) == len(texts)
        assert sum(choice.is_right for choice in question.choices) == 1
        explained = [choice.why for choice in question.choices]
        assert len(set(explained)) == len(explained)
        assert min(map(len, explained)) > 20


def described(questions):
    return [(question.text, question.choices) for question in questions]


def test_the_same_seed_asks_the_same_and_another_one_asks_others(chain):
    assert described(draw_questions(chain, 7)) == described(draw_questions(chain, 7))
    assert len({str(described(draw_questions(chain, seed))) for seed in range(20)}) == 20


HARD = {
    "black": Chain(np.zeros((8, 8)), KERNELS["sobel-vertical"].weights),
    "white": Chain(np.ones((28, 28)), KERNELS["edges"].weights),
    "of one place": Chain(np.eye(3), KERNELS["sobel-vertical"].weights),
    "of one pixel": Chain(np.ones((1, 1)), KERNELS["blur"].weights, padding="zeros"),
    "of one weight": Chain(np.random.default_rng(0).random((9, 9)), np.array([[2.0]])),
    "without weights": Chain(np.random.default_rng(0).random((9, 9)), np.zeros((3, 3))),
}


@pytest.mark.parametrize("name", [*CHAINS, *HARD])
def test_five_different_questions_are_asked_of_any_picture(name):
    chain = (CHAINS | HARD)[name]
    names = {maker.__name__ for maker in COMPUTED}
    for seed in range(25):
        questions = draw_questions(chain, seed)
        assert len({question.name for question in questions}) == len(questions) == COUNT
        if name in CHAINS:
            assert sum(question.name in names for question in questions) >= 3


def test_a_kernel_that_does_not_fit_is_said():
    with pytest.raises(ConfigError, match="does not fit"):
        draw_questions(Chain(np.ones((2, 2)), np.ones((3, 3))), 1)


def test_all_sorts_are_asked_sooner_or_later():
    names = {question.name for seed in range(30) for question in draw_questions(CHAINS["digit"], seed)}
    assert names == {maker.__name__ for maker in (*COMPUTED, *IDEAS)}


def test_answers_that_are_alike_are_offered_once():
    rng = np.random.default_rng(0)
    choices = mixed(rng, ("4", "right"), [("4", "alike"), ("5", "a"), ("5", "b"), ("6", "c")])
    assert sorted(choice.text for choice in choices) == ["4", "5", "6"]
    assert mixed(rng, ("4", "right"), [("4", "alike"), ("5", "a")]) is None
    near = mixed_numbers(rng, (1.0, "right"), [(1.05, "near"), (2.0, "a"), (2.05, "b"), (3.0, "c")], gap=0.1)
    assert sorted(choice.text for choice in near) == ["1", "2", "3"]


def test_answers_are_taken_once_and_counted():
    questions = draw_questions(CHAINS["digit"], 1)
    answers = Answers()
    for place, question in enumerate(questions):
        right = question.choices.index(question.right)
        answers.take(place, right if place else (right + 1) % len(question.choices))
        answers.take(place, right)
        assert answers.is_explained
        assert answers.place == place
        answers.go_on()
    assert answers.place == COUNT
    assert answers.score(questions) == COUNT - 1


@pytest.mark.parametrize("seed", [0, 1, 9999])
def test_new_questions_are_other_ones(seed):
    found = {other_seed(seed) for _ in range(50)}
    assert seed not in found
    assert min(found) >= 0
    assert max(found) <= 9999
