"""The quiz: which images it asks about, and how answers are counted."""

import numpy as np
import pytest

from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.evaluation.quiz import (
    QuizState,
    answer_in_words,
    draw_quiz,
    feedback,
    new_seed,
    parse_seed,
    published_score,
    result_in_words,
    scores,
)
from cnn_core.runs.store import showcase


@pytest.fixture(scope="module")
def real():
    return showcase().predictions()


def answers(labels, predicted, margins, class_count=10):
    """The named class is ahead of the next one by so much in its logit."""
    logits = np.zeros((len(labels), class_count), np.float32)
    logits[np.arange(len(labels)), predicted] = margins
    return LabelledLogits(np.asarray(labels), logits)


def test_on_the_showcase_every_quiz_has_twenty_hard_images_and_the_network_is_right_on_some(real):
    wrong = int((~real.is_right).sum())
    widest = np.sort(real.margins[real.is_right])[wrong - 1]
    for seed in range(50):
        quiz = draw_quiz(real, 10, seed)
        assert len(set(quiz.tolist())) == 20
        assert (~real.is_right[quiz] | (real.margins[quiz] <= widest)).all()
        assert 0 < real.is_right[quiz].sum() < 20
        assert np.bincount(real.labels[quiz]).max() <= 4


def test_the_same_seed_gives_the_same_quiz_and_another_one_another(real):
    assert draw_quiz(real, 10, 7).tolist() == draw_quiz(real, 10, 7).tolist()
    assert draw_quiz(real, 10, 7).tolist() != draw_quiz(real, 10, 8).tolist()


def test_a_network_without_an_error_is_asked_about_its_closest_calls():
    labels = np.arange(200) % 10
    network = answers(labels, labels, 1 + np.random.default_rng(0).permutation(200))
    closest = np.argsort(network.logits.max(axis=1))[:20]
    assert set(draw_quiz(network, 10, 3).tolist()) == set(closest.tolist())


def test_a_network_that_is_nearly_always_wrong_is_right_on_some_if_it_is_on_enough():
    labels = np.arange(400) % 10
    predicted = np.where(np.arange(400) < 200, labels, (labels + 1) % 10)
    quiz = draw_quiz(answers(labels, predicted, np.ones(400)), 10, 0)
    assert 0 < (quiz < 200).sum() < 20


def test_where_all_hard_images_are_of_one_class_the_quiz_has_twenty_all_the_same():
    labels = np.zeros(100, np.int64)
    assert len(set(draw_quiz(answers(labels, labels, np.ones(100)), 10, 0).tolist())) == 20


def test_fewer_images_than_a_quiz_has_are_all_asked():
    labels = np.array([0, 1, 2, 3, 3])
    quiz = draw_quiz(answers(labels, [0, 1, 2, 4, 5], np.ones(5)), 10, 0)
    assert sorted(quiz.tolist()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "seed"),
    [("0", 0), ("0042", 42), ("9999", 9999), ("10000", None), ("-1", None), ("", None), ("seven", None), ("²", None)],
)
def test_a_link_names_a_seed_of_four_digits(text, seed):
    assert parse_seed(text) == seed


def test_a_new_quiz_can_be_named_by_a_link():
    assert all(parse_seed(str(seed)) == seed for seed in (new_seed() for _ in range(50)))


def test_an_answer_is_looked_at_before_the_next_image_comes_and_none_is_taken_twice():
    state = QuizState((5, 6), [])
    assert (state.place, state.is_over) == (0, False)
    state.answer(5, 3)
    state.answer(5, 4)
    assert (state.given, state.place, state.is_answer_shown, state.is_over) == ([3], 0, True, False)
    state.go_on()
    # A click on a button of the image before, which the browser had not yet taken away.
    state.answer(5, 4)
    assert (state.given, state.place) == ([3], 1)
    state.answer(6, None)
    assert not state.is_over
    state.go_on()
    assert (state.given, state.is_over) == ([3, None], True)
    state.answer(6, 1)
    assert state.given == [3, None]


def test_scores_count_the_answered_images_and_a_pass_is_wrong():
    network = answers([0, 1, 2, 3], [0, 1, 1, 3], np.ones(4))
    assert scores((3, 2, 1, 0), [3, 2, None], network) == (2, 2)
    assert scores((3, 2, 1, 0), [], network) == (0, 0)


def test_the_result_says_who_is_ahead():
    assert result_in_words(12, 9, 20) == "You are ahead: you are right on 12 of 20 images, the network on 9."
    assert result_in_words(8, 9, 20) == "The network is ahead: you are right on 8 of 20 images, the network on 9."
    assert result_in_words(1, 1, 1) == "A draw: you and the network are both right on 1 of 1 image."


def test_what_people_reach_was_published_for_fashion_mnist_alone():
    assert published_score("fashion-mnist").accuracy == 0.835
    assert published_score("digits") is None


def test_both_answers_are_told_with_the_label():
    names = ("cat", "dog")
    network = answers([0, 1], [0, 0], np.full(2, np.log(3)), class_count=2)
    assert feedback(0, 0, network, names) == ("Right: cat.", "The network said cat, 75.0% sure: right.")
    assert feedback(1, 0, network, names) == (
        "You said cat; the label says dog.",
        "The network said cat, 75.0% sure: wrong.",
    )
    assert feedback(1, None, network, names)[0] == "Skipped. The label says dog."
    assert answer_in_words(1, 1, network, names) == ("✓ you: dog", "✗ network: cat, 75.0% sure")
    assert answer_in_words(0, None, network, names) == ("✗ you: skipped", "✓ network: cat, 75.0% sure")
