"""The duel: two networks of equal size, changed images, which runs belong together."""

import dataclasses
import gc
import tracemalloc
import weakref

import numpy as np
import pytest
from scipy import ndimage
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score

from cnn_core.config import replace
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.duel import starting
from cnn_core.duel.changes import CHANGES, background_of, covered, noisy, shifted, turned
from cnn_core.duel.contest import CORNERS, check_duel, corner_of, newest_duel, standing
from cnn_core.duel.networks import duel_network, is_narrow, kind_of, parameter_count
from cnn_core.duel.settings import duel_config
from cnn_core.duel.starting import create_duel, duel_configs, equal_epochs, measured_epoch_seconds, start_duel
from cnn_core.duel.sweeps import MOST_IMAGES, chosen_images, examples, sweep
from cnn_core.duel.verdict import duel_words, sweep_words
from cnn_core.duel.work import SweepWork
from cnn_core.errors import RunError, StorageError
from cnn_core.evaluation.predictions import Predictions
from cnn_core.figures.duel import SweepLine, duel_figure, sweep_figure
from cnn_core.models.build import build_model
from cnn_core.models.transfer_settings import transfer_config
from cnn_core.runs.lifecycle import delete_run
from cnn_core.runs.store import create_run, find_run, list_runs
from cnn_core.runs.summary import summarise
from tests.fixtures import digits_config, finish, finished_run, started_run, with_validation

SHAPES = [(28, 28, 1), (8, 8, 1), (32, 32, 3), (64, 64, 3), (10, 40, 1), (4, 4, 1), (160, 160, 3)]
BY_NAME = {corner.name: corner for corner in CORNERS}


class Noted:
    """A launcher that starts nothing, and notes what it was asked for."""

    def __init__(self):
        self.runs = []

    def start(self, run):
        self.runs.append(run)


def launched(launcher, **asked):
    """The ids of a new duel on the digits, by the name of their corner."""
    runs = create_duel(duel_configs("digits", **asked))
    start_duel(runs, launcher)
    return {name: run.id for name, run in runs.items()}


def photos(count=6, shape=(20, 30, 3)):
    random = np.random.default_rng(1)
    # Smooth, as pictures are: what two ways of interpolating make of pure noise differs.
    return ndimage.gaussian_filter(random.integers(0, 256, (count, *shape)).astype(float), (0, 2, 2, 0)).astype(
        np.uint8
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("class_count", [2, 10, 100])
def test_the_two_networks_have_as_many_parameters(shape, class_count):
    cnn, dense = (
        parameter_count(duel_network(kind, shape, class_count, is_shuffled=False), shape, class_count)
        for kind in ("cnn", "dense")
    )
    # Of large images a single unit of the first dense layer has a twentieth of all parameters.
    assert abs(dense - cnn) <= (0.025 if shape[0] * shape[1] > 60 * 60 else 0.005) * cnn


@pytest.mark.parametrize("shape", [*SHAPES, (224, 224, 3)])
@pytest.mark.parametrize("class_count", [2, 10, 100])
def test_the_dense_network_narrows_and_never_widens(shape, class_count):
    network = duel_network("dense", shape, class_count, is_shuffled=False)
    first, second = (block.units for block in network.blocks)
    assert first / 3 <= second <= first
    # 150,528 numbers of such an image go into each unit.
    assert is_narrow(network) == (first < 32) == (shape[2] == 3)
    assert not is_narrow(duel_network("cnn", shape, class_count, is_shuffled=False))


@pytest.mark.parametrize("kind", ["cnn", "dense"])
@pytest.mark.parametrize("is_shuffled", [True, False])
def test_keras_counts_the_same_parameters(kind, is_shuffled):
    network = duel_network(kind, (28, 28, 1), 10, is_shuffled=is_shuffled)
    assert build_model(network, (28, 28, 1), 10).count_params() == parameter_count(network, (28, 28, 1), 10)
    assert kind_of(network) == kind


def test_only_the_network_differs_between_the_runs():
    configs = duel_configs("digits", has_control=True, seed=3)
    assert list(configs) == ["cnn", "dense", "cnn-shuffled", "dense-shuffled"]
    rest = [config.model_dump(exclude={"model", "preset"}) for config in configs.values()]
    assert all(one == rest[0] for one in rest)
    assert rest[0]["seed"] == 3
    assert not configs["cnn"].augmentation.changes_images
    for kind in ("cnn", "dense"):
        plain, control = configs[kind].model, configs[f"{kind}-shuffled"].model
        assert control == plain.model_copy(update={"shuffle_pixels": True})
    assert list(duel_configs("digits", has_control=False)) == ["cnn", "dense"]


def test_a_dense_network_can_undo_the_shuffle_exactly():
    # To each of its weights belongs one weight of the network on shuffled pixels: so it has nothing to lose.
    plain, control = (
        build_model(duel_network("dense", (8, 8, 1), 10, is_shuffled=shuffled), (8, 8, 1), 10)
        for shuffled in (False, True)
    )
    kernel, *others = plain.get_weights()
    control.set_weights([kernel[np.random.RandomState(0).permutation(64)], *others])
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    np.testing.assert_allclose(control(images), plain(images), atol=1e-5)


@pytest.mark.parametrize("pixels", [0, 1, 3, 30])
def test_a_shift_goes_in_four_directions_and_uncovers_the_background(pixels):
    images, background = photos(8), np.array([10, 20, 30], np.uint8)
    found = shifted(images, pixels, background)
    for number, (down, right) in enumerate([(0, 1), (1, 0), (0, -1), (-1, 0)] * 2):
        for channel, value in enumerate(background):
            expected = ndimage.shift(
                images[number, ..., channel], (down * pixels, right * pixels), order=0, cval=float(value)
            )
            np.testing.assert_array_equal(found[number, ..., channel], expected)


@pytest.mark.parametrize("degrees", [0, 10, 45, 90])
def test_a_turn_is_that_of_scipy(degrees):
    images = photos(2, (21, 21, 1))
    found = turned(images, degrees, np.array([7], np.uint8))
    inside = np.hypot(*np.mgrid[-10:11, -10:11]) < 9
    for number, sign in enumerate((1, -1)):
        expected = ndimage.rotate(
            images[number, ..., 0].astype(float), sign * degrees, reshape=False, order=1, cval=7.0
        )
        # Within the circle that stays in the image: the two differ in how its border is mixed with what lies beyond.
        np.testing.assert_allclose(found[number, ..., 0][inside], expected[inside], atol=4)


def test_noise_has_the_deviation_that_is_asked_for():
    images = np.full((50, 28, 28, 1), 128, np.uint8)
    found = noisy(images, 0.1, np.array([0], np.uint8)).astype(float)
    assert found.std() == pytest.approx(25.5, rel=0.02)
    assert found.mean() == pytest.approx(128, abs=0.5)
    assert noisy(images, 0.4, np.array([0], np.uint8)).min() == 0


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_square_is_grey_whole_and_within_the_image(share):
    images = np.zeros((40, 20, 30, 3), np.uint8)
    found = covered(images, share, np.zeros(3, np.uint8))
    side = round(20 * share)
    for image in found:
        rows, columns = np.nonzero(image[..., 0])
        assert len(rows) == side**2
        assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (side, side)
        assert set(image[rows, columns].ravel()) == {128}
    assert side == 20 or len({tuple(np.argwhere(image[..., 0])[0]) for image in found}) > 5


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_change_is_the_same_every_time_and_leaves_what_it_was_given(change):
    images = photos()
    before, background = images.copy(), background_of(images)
    strengths = change.strengths(20, 30)
    assert strengths[0] == 0
    assert list(strengths) == sorted(set(strengths))
    for strength in strengths[1:]:
        found = change.apply(images, strength, background)
        assert (found.dtype, found.shape) == (np.uint8, images.shape)
        assert (found != images).any()
        np.testing.assert_array_equal(found, change.apply(images, strength, background))
    np.testing.assert_array_equal(images, before)


def test_the_background_is_what_the_edges_have():
    images = np.full((3, 9, 7, 2), 200, np.uint8)
    images[:, [0, -1]] = images[:, :, [0, -1]] = (5, 90)
    assert background_of(images).tolist() == [5, 90]


def test_shifts_are_those_of_28_pixels_in_the_measure_of_the_image():
    assert CHANGES["shift"].strengths(28, 28) == (0, 1, 2, 3, 4, 5, 6)
    assert CHANGES["shift"].strengths(56, 100) == (0, 2, 4, 6, 8, 10, 12)
    assert CHANGES["shift"].strengths(8, 8) == (0, 1, 2)


def brightest_row(images):
    """A network that names the row with the most light: sure of itself, and lost when images move."""
    return images.sum(axis=(2, 3)).astype(np.float32)


def rows_of_light(count=40):
    images = np.zeros((count, 28, 28, 1), np.uint8)
    labels = np.arange(count) % 20 + 4
    images[np.arange(count), labels] = 200
    return images, labels


def test_a_sweep_counts_what_is_named_rightly():
    images, labels = rows_of_light()
    found = sweep("shift", brightest_row, images, labels)
    # Sideways the row stays where it is; up and down it is another one.
    assert found.accuracies == (1.0, *[0.5] * 6)
    background = background_of(images)
    for place, strength in enumerate(found.strengths):
        predicted = brightest_row(shifted(images, strength, background)).argmax(axis=1)
        assert found.accuracies[place] == accuracy_score(labels, predicted)
    low, high = found.intervals[1]
    assert low < 0.5 < high


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("side", [28, 200])
def test_the_example_is_what_the_network_was_asked(name, side):
    images, asked = np.random.default_rng(0).integers(0, 256, (27, side, side, 1), np.uint8), []
    found = sweep(name, lambda shown: (asked.append(shown), brightest_row(shown))[1], images, np.zeros(27))
    # Of large images few at a time, all of them once for each strength.
    assert max(map(len, asked)) == (27 if side == 28 else 10)
    shown = np.concatenate(asked).reshape(len(found.strengths), *images.shape)
    for index in (0, 7, 25):
        np.testing.assert_array_equal(examples(found, images[index], index), shown[:, index])


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_what_happens_to_an_image_depends_on_its_number_alone(change):
    images, background = photos(9), np.array([10, 20, 30], np.uint8)
    strength = change.strengths(20, 30)[-1]
    whole = change.apply(images, strength, background, 0)
    for first in (1, 3, 6):
        np.testing.assert_array_equal(change.apply(images[first:], strength, background, first), whole[first:])


def test_no_two_images_get_the_same_noise():
    found = noisy(np.full((20, 8, 8, 1), 128, np.uint8), 0.2, np.zeros(1, np.uint8)).astype(float)
    assert np.abs(np.corrcoef(found.reshape(20, -1)) - np.eye(20)).max() < 0.6


def test_large_images_take_little_memory_beside_their_own():
    images = np.zeros((60, 224, 224, 3), np.uint8)
    tracemalloc.start()
    sweep("noise", lambda shown: np.zeros((len(shown), 2), np.float32), images, np.zeros(60))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < images.nbytes


def test_all_networks_are_asked_about_the_same_images():
    images = np.zeros((5000, 4, 4, 1), np.uint8)
    chosen = chosen_images(images)
    assert len(set(chosen.tolist())) == MOST_IMAGES
    np.testing.assert_array_equal(chosen, chosen_images(images))
    assert len(chosen_images(images[:30])) == 30


def test_work_ends_with_the_sweep_or_says_why_not():
    images, labels = rows_of_light()
    work = SweepWork("turn", lambda: brightest_row, lambda: images, labels)
    work.wait(30)
    assert work.state == "done"
    assert work.sweep is not None
    assert work.share == 1

    def damaged():
        raise RunError("The network is damaged.")

    broken = SweepWork("turn", damaged, lambda: images, labels)
    broken.wait(30)
    assert (broken.state, broken.error, broken.sweep) == ("failed", "The network is damaged.", None)


def test_work_that_has_ended_holds_neither_images_nor_network():
    images, labels = rows_of_light()
    own = images.copy()
    held = weakref.ref(own)

    def network(shown, own=own):
        return brightest_row(shown) + len(own)

    work = SweepWork("turn", lambda network=network: network, lambda own=own: own, labels)
    work.wait(30)
    del own, network
    gc.collect()
    assert work.state == "done"
    assert held() is None


def test_a_duel_is_started_whole_and_found_again():
    launcher = Noted()
    assert newest_duel() == {}
    ids = launched(launcher, has_control=True)
    assert [run.id for run in launcher.runs] == list(ids.values())
    assert newest_duel() == ids
    assert find_run(ids["dense-shuffled"]).notes().name == "Duel: Dense network, shuffled"
    finished_run(digits_config("mlp"))
    assert newest_duel() == ids
    other = launched(launcher, has_control=False, seed=1)
    assert newest_duel() == other


def test_runs_of_other_lengths_are_left_to_their_own_duel():
    first = launched(Noted(), has_control=True)
    second = launched(Noted(), has_control=False, dense_epochs=300)
    # The CNN was trained as the control of before was, the dense network for longer than its own.
    assert newest_duel() == {**second, "cnn-shuffled": first["cnn-shuffled"]}
    standings = {name: standing(BY_NAME[name], find_run(run_id)) for name, run_id in newest_duel().items()}
    assert check_duel(standings) is None
    mixed = {**standings, "dense-shuffled": standing(BY_NAME["dense-shuffled"], find_run(first["dense-shuffled"]))}
    told = check_duel(mixed) or ""
    assert "Dense network and Dense network, shuffled differ in more than the network (epochs)" in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 1}, "seed"),
        ({"training": {"learning_rate": 0.01}}, "learning rate"),
        ({"augmentation": {"horizontal_flip": True}}, "augmentation"),
        ({"training": {"batch_size": 8}}, "batch size"),
    ],
)
def test_a_duel_of_runs_that_were_trained_otherwise_is_told(changes, words):
    runs = {name: started_run(config) for name, config in duel_configs("digits", has_control=False).items()}
    other = started_run(replace(duel_config("dense", dataset_card("digits")), **changes))
    found = {"cnn": standing(BY_NAME["cnn"], runs["cnn"]), "dense": standing(BY_NAME["dense"], other)}
    assert f"({words})" in (check_duel(found) or "")
    found["dense"] = standing(BY_NAME["dense"], runs["dense"])
    assert check_duel(found) is None
    if "seed" not in changes:
        assert newest_duel() == {name: run.id for name, run in runs.items()}


def test_what_is_kept_of_the_weights_makes_no_other_duel():
    configs = duel_configs("digits", has_control=False)
    cnn = started_run(replace(configs["cnn"], training={"snapshots": True}))
    dense = started_run(configs["dense"])
    assert newest_duel() == {"cnn": cnn.id, "dense": dense.id}


def test_runs_that_took_over_the_features_of_a_duel_are_none_of_it():
    config = duel_config("cnn", dataset_card("digits"))
    source = finished_run(config)
    again = finished_run(transfer_config(source.record(), source.id, dataset_card("digits"), 2))
    assert again.record().preset == "duel-cnn"
    assert newest_duel() == {"cnn": source.id}
    with pytest.raises(RunError, match="is no CNN of a duel"):
        standing(BY_NAME["cnn"], again)
    # What its epochs take is no measure for a duel's either: only the source counts.
    delete_run(source)
    assert measured_epoch_seconds("cnn", "digits") is None


@pytest.mark.parametrize("config", [digits_config("simple-cnn"), digits_config("mlp")])
def test_a_run_with_such_layers_that_is_no_duel_s_has_no_corner(config):
    assert corner_of(started_run(config).record()) is None


def test_a_duel_is_created_whole_or_not_at_all(monkeypatch):
    created = []

    def third_fails(config):
        if len(created) == 2:
            raise StorageError("The disk is full. Free some space.")
        created.append(create_run(config))
        return created[-1]

    monkeypatch.setattr(starting, "create_run", third_fails)
    with pytest.raises(StorageError, match="full"):
        create_duel(duel_configs("digits", has_control=True))
    assert len(created) == 2
    assert list_runs() == []


def test_a_run_that_cannot_be_started_keeps_no_other_from_it():
    class Refusing(Noted):
        def start(self, run):
            super().start(run)
            if len(self.runs) == 2:
                raise StorageError("The disk is full. Free some space.")

    launcher, runs = Refusing(), create_duel(duel_configs("digits", has_control=True))
    with pytest.raises(StorageError, match="full"):
        start_duel(runs, launcher)
    assert [run.id for run in launcher.runs] == [run.id for run in runs.values()]


def test_a_run_of_a_duel_is_what_it_is_called():
    row = summarise(finished_run(duel_config("dense", dataset_card("digits"), is_shuffled=True, epochs=3)))
    assert (row.network, row.is_changed) == ("duel-dense", False)


def test_equal_seconds_are_as_many_epochs_as_fit():
    assert duel_config("cnn", dataset_card("fashion-mnist")).training.epochs == 8
    assert equal_epochs("fashion-mnist", {"cnn": 9.0, "dense": 1.5}) == 48
    assert equal_epochs("fashion-mnist", {"cnn": 900.0, "dense": 1.0}) == 500
    assert equal_epochs("fashion-mnist", {"cnn": 1.0, "dense": 90.0}) == 1


def test_what_an_epoch_costs_is_known_from_a_finished_duel():
    assert measured_epoch_seconds("cnn", "digits") is None
    config = duel_config("cnn", dataset_card("digits"))
    run = started_run(config)
    assert measured_epoch_seconds("cnn", "digits") is None
    finish(run)
    # What the fixture writes.
    assert measured_epoch_seconds("cnn", "digits") == pytest.approx(0.4)
    assert measured_epoch_seconds("dense", "digits") is None


def answered_run(name, right):
    """A run of a duel that gets some of the 360 test images right: those whose number is in ``right``."""
    corner = BY_NAME[name]
    labels = load_dataset("digits").test_labels
    is_right = np.isin(np.arange(len(labels)), list(right))
    answers = np.where(is_right, labels, (labels + 1) % 10)
    config = duel_config(corner.kind, dataset_card("digits"), is_shuffled=corner.is_shuffled)
    given = with_validation(Predictions(labels, np.eye(10, dtype=np.float32)[answers]))
    return standing(corner, finished_run(config, predictions=given))


def standings(**right):
    return {name.replace("_", "-"): answered_run(name.replace("_", "-"), one) for name, one in right.items()}


def test_a_standing_is_what_the_run_says():
    config = duel_config("cnn", dataset_card("digits"))
    run = finished_run(config)
    found = standing(BY_NAME["cnn"], run)
    assert found.accuracy == run.stored_report().accuracy
    report = run.stored_report()
    assert found.interval == pytest.approx((report.accuracy_low, report.accuracy_high))
    assert found.seconds == pytest.approx(0.8)
    assert found.parameters == parameter_count(config.model, (8, 8, 1), 10)
    with pytest.raises(RunError, match="is no Dense network of a duel"):
        standing(BY_NAME["dense"], run)


def test_a_difference_is_chance_where_mcnemar_says_so():
    # Of one more right than the other: 12 more and none fewer are 12 tosses of a coin, p = 2 / 2^12.
    words = duel_words(standings(cnn=range(354), cnn_shuffled=range(342)))
    assert words == ["With shuffled pixels, and trained anew, the CNN is 3.3 points worse, with this seed."]
    # As large a difference, of 40 images that only one gets right and 28 that only the other does: p = 0.18.
    unsure = duel_words(standings(cnn=range(40, 360), cnn_shuffled=[*range(28), *range(80, 360)]))
    assert binomtest(28, 68).pvalue > 0.05 > binomtest(0, 12).pvalue
    assert unsure == [
        "With shuffled pixels, and trained anew, the CNN is 3.3 points worse, with this seed; these test images cannot "
        "tell that from chance."
    ]


def test_the_words_name_who_is_better_and_say_so_only_of_what_is_tested():
    found = standings(cnn=range(340), dense=range(300), dense_shuffled=range(310), cnn_shuffled=range(310))
    assert duel_words(found) == [
        "With the pixels in their places the CNN is 11.1 points better, with this seed.",
        "With the pixels shuffled both networks are as good as each other, with this seed.",
        "With shuffled pixels, and trained anew, the CNN is 8.3 points worse, with this seed.",
        "With shuffled pixels, and trained anew, the dense network is 2.8 points better, with this seed.",
    ]
    (one,) = duel_words({name: found[name] for name in ("cnn", "dense")})
    assert "the CNN is 11.1 points better" in one
    assert duel_words({}) == []
    running = standing(BY_NAME["dense"], started_run(duel_config("dense", dataset_card("digits"))))
    assert duel_words({"cnn": found["cnn"], "dense": running}) == []


def test_runs_on_different_images_are_no_duel():
    found = standings(cnn=range(9), dense=range(8))
    assert check_duel(found) is None
    record = found["dense"].record
    other = record.model_copy(update={"data": record.data.model_copy(update={"checksum": "x", "title": "Others"})})
    found["dense"] = dataclasses.replace(found["dense"], record=other)
    assert "Digits 8×8, Others" in (check_duel(found) or "")


def test_the_curves_are_the_runs_own_over_epochs_or_seconds():
    history = finished_run(duel_config("cnn", dataset_card("digits"))).history()
    curves = [(BY_NAME["cnn"], history), (BY_NAME["cnn-shuffled"], history)]
    by_epoch = duel_figure(curves, by_seconds=False)
    np.testing.assert_allclose(by_epoch["data"][0]["x"], [1, 2])
    np.testing.assert_allclose(by_epoch["data"][0]["y"], history["val_accuracy"])
    assert [line["line"]["dash"] for line in by_epoch["data"]] == ["solid", "dash"]
    np.testing.assert_allclose(duel_figure(curves, by_seconds=True)["data"][0]["x"], [0.4, 0.8])


def test_the_chart_of_a_sweep_has_each_network_and_its_interval():
    images, labels = rows_of_light()
    found = sweep("shift", brightest_row, images, labels)
    figure = sweep_figure([SweepLine("<b>A</b>", "#2F86D1", found), SweepLine("B", "#E0662B", found)], 0.1)
    band, line, *_ = figure["data"]
    np.testing.assert_allclose(line["y"], found.accuracies)
    assert line["name"] == "&lt;b&gt;A&lt;/b&gt;"
    assert len(band["x"]) == 2 * len(found.strengths)
    assert len(figure["data"]) == 4
    words = sweep_words(["A", "B"], [found, found])
    told = "Named rightly of 40 test images, unchanged, at 3 px and at 6 px: A 100%, 50%, 50%; B 100%, 50%, 50%."
    assert words == told
