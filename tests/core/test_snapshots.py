"""Snapshots: which weights are kept after which epochs, how exactly, and what a run that goes on makes of them."""

import shutil

import keras
import numpy as np
import pytest

from cnn_core.config import ImageNetTransfer, ModelConfig, RunTransfer
from cnn_core.errors import RunError, StorageError
from cnn_core.inference.network import Network
from cnn_core.learn.history import model_at
from cnn_core.models.transfer import set_trainable
from cnn_core.runs import directory, snapshots
from cnn_core.runs.checkpoints import Checkpoint, save_checkpoint
from cnn_core.runs.directory import Run
from cnn_core.runs.lifecycle import delete_run, extend_run, resume_run
from cnn_core.runs.snapshots import find_snapshots, forget_after, save_snapshot, snapshot_epochs, thin_out
from cnn_core.runs.store import create_run
from cnn_core.runs.summary import is_changed
from cnn_core.runs.writer import RunWriter
from cnn_core.training import worker as worker_module
from cnn_core.training.setup import seeded_model
from cnn_core.training.snapshots import SnapshotKeeper
from cnn_core.training.worker import train_run
from tests.core.test_training import SMALL_CNN
from tests.fixtures import digits_config, finished_run, set_status, started_run

# An error of half the last of 11 bits, of the largest value of the array.
HALF = 2.0**-11
NORMED = ModelConfig(blocks=(SMALL_CNN.blocks[0].model_copy(update={"batch_norm": True}), SMALL_CNN.blocks[1]))


def keeping(epochs=2, *, model=SMALL_CNN, transfer=None, **training):
    config = digits_config(
        "tutorial-cnn", model=model, training={"epochs": epochs, "batch_size": 256, "snapshots": True, **training}
    )
    return config if transfer is None else config.model_copy(update={"transfer": transfer})


def trained(config):
    run = create_run(config)
    train_run(run)
    assert run.status().state == "finished", run.log()
    return run


def weights_of(model):
    return {weight.path: np.asarray(weight.value) for weight in model.weights}


def assert_near(stored, exact):
    assert stored.keys() == exact.keys()
    for name, array in exact.items():
        assert stored[name].dtype == np.float32
        assert stored[name].shape == array.shape
        assert np.abs(stored[name] - array).max() <= HALF * np.abs(array).max(), name


def names(run):
    return sorted(path.name for path in (run.path / directory.SNAPSHOTS).iterdir())


@pytest.fixture(scope="module")
def normed(tmp_path_factory):
    """A run with batch normalisation and averages of the weights, of which the last epoch is kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_LAB_RUNS", str(tmp_path_factory.mktemp("snapshots") / "runs"))
        yield trained(keeping(3, model=NORMED, ema_decay=0.9, restore_best=False))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of three epochs that nothing interrupted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_LAB_RUNS", str(tmp_path_factory.mktemp("whole") / "runs"))
        yield trained(keeping(3))


# --- What the worker keeps ---


def test_there_is_one_of_each_epoch_and_one_before_the_first(normed):
    assert find_snapshots(normed).epochs == snapshot_epochs(normed) == (0, 1, 2, 3)
    assert names(normed) == ["00000.npz", "00001.npz", "00002.npz", "00003.npz"]


def test_epoch_0_is_what_the_seed_begins_with(normed):
    fresh = seeded_model(normed.record(), is_fresh=True)
    assert_near(find_snapshots(normed).weights(0), weights_of(fresh))


def test_the_last_is_the_network_that_is_saved_averages_of_weights_and_of_batch_normalisation(normed):
    found = find_snapshots(normed).weights(3)
    assert "block1_norm/moving_variance" in found
    assert_near(found, weights_of(Network(normed).model))


def test_each_epoch_is_what_its_validation_was_measured_with(normed):
    from cnn_core.data.load import load_dataset
    from cnn_core.evaluation.measures import cross_entropy
    from cnn_core.training.setup import training_data

    data, network = training_data(load_dataset("digits"), normed.record()), Network(normed).model
    found = find_snapshots(normed)
    for epoch, loss in zip((1, 2, 3), normed.history()["val_loss"], strict=True):
        logits = model_at(network, found, epoch).predict_on_batch(data.watched_images)
        assert cross_entropy(data.watched_labels, logits) == pytest.approx(loss, rel=1e-3)
    assert normed.history()["val_loss"].is_unique


def test_they_take_half_of_the_parameters_bytes(normed):
    parameters = Network(normed).model.count_params()
    for path in (normed.path / directory.SNAPSHOTS).iterdir():
        with np.load(path) as stored:
            assert {stored[name].dtype for name in stored.files if name != "facts"} == {np.dtype(np.float16)}
        assert 2 * parameters < path.stat().st_size < 2 * parameters + 5_000


def test_keeping_them_changes_nothing_of_the_training(whole):
    plain = trained(keeping(3, snapshots=False))
    np.testing.assert_array_equal(plain.predictions().logits, whole.predictions().logits)
    assert not (plain.path / directory.SNAPSHOTS).exists()


def test_a_run_that_keeps_them_is_still_the_preset_s():
    asked = digits_config(training={"epochs": digits_config().training.epochs})
    run = create_run(asked)
    record = run.record()
    kept = record.model_copy(update={"training": record.training.model_copy(update={"snapshots": True})})
    assert is_changed(kept) == is_changed(record)


# --- A network of an epoch ---


def test_a_copy_gets_the_weights_and_the_run_s_network_stays(normed):
    network = Network(normed).model
    before = weights_of(network)
    copy = model_at(network, find_snapshots(normed), 1)
    assert_near(weights_of(copy), find_snapshots(normed).weights(1))
    assert [layer.name for layer in copy.layers] == [layer.name for layer in network.layers]
    assert not np.array_equal(weights_of(copy)["block1_conv/kernel"], before["block1_conv/kernel"])
    for name, array in weights_of(network).items():
        np.testing.assert_array_equal(array, before[name])


def test_snapshots_of_another_network_are_told(normed):
    other = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10, name="logits")])
    with pytest.raises(RunError, match="do not fit its network"):
        model_at(other, find_snapshots(normed), 1)


# --- What rests ---


def test_of_an_imagenet_network_only_what_may_learn_is_stored():
    transfer = ImageNetTransfer(weights="random", side=32, head_epochs=1, frozen_share=0.9)
    run = create_run(keeping(2, model=ModelConfig(blocks=()), transfer=transfer))
    model = seeded_model(run.record(), is_fresh=True)
    keeper = SnapshotKeeper(run, model, run.record())
    keeper.keep_first()
    set_trainable(model, run.record(), head_only=True)
    keeper.keep(1)
    sizes = [path.stat().st_size for path in sorted((run.path / directory.SNAPSHOTS).iterdir())]
    # Two bytes each, and the names. While the head learns alone it is stored alone: 1280 × 10 weights and 10 offsets.
    assert 2 * 12_810 < sizes[1] < 2 * 12_810 + 2_000 < sizes[0] < model.count_params()
    before = weights_of(model)
    model.get_layer("logits").set_weights([np.ones((1280, 10)), np.ones(10)])
    model.get_layer("Conv_1").set_weights([np.zeros((1, 1, 320, 1280))])
    last = weights_of(model_at(model, find_snapshots(run), 1))
    assert "Conv1/kernel" not in find_snapshots(run).weights(1)
    assert_near(last, before)


def test_a_taught_run_begins_with_the_weights_that_it_took(normed, monkeypatch):
    monkeypatch.setenv("CNN_LAB_RUNS", str(normed.path.parent))
    transfer = RunTransfer(run=normed.id, blocks=2, frozen_blocks=1, head_epochs=1)
    run = trained(keeping(2, model=NORMED, transfer=transfer, restore_best=False))
    found, taken = find_snapshots(run), weights_of(Network(normed).model)
    assert found.epochs == (0, 1, 2)
    first, head_only, last = (found.weights(epoch) for epoch in found.epochs)
    assert (
        first.keys()
        == head_only.keys()
        == last.keys()
        == {*("block2_dense/kernel", "block2_dense/bias", "logits/kernel", "logits/bias")}
    )
    name = "block2_dense/kernel"
    assert_near({name: first[name]}, {name: taken[name]})
    np.testing.assert_array_equal(head_only["block2_dense/kernel"], first["block2_dense/kernel"])
    assert not np.array_equal(head_only["logits/kernel"], first["logits/kernel"])
    assert not np.array_equal(last["block2_dense/kernel"], first["block2_dense/kernel"])
    network = Network(run).model
    assert_near(weights_of(model_at(network, found, 2)), weights_of(network))
    np.testing.assert_array_equal(weights_of(network)["block1_conv/kernel"], taken["block1_conv/kernel"])


# --- Going on ---


def killed_in_epoch(epoch, config, monkeypatch):
    """A run whose worker is no more after so many snapshots: the history does not have the last one's epoch yet."""

    def killed(_writer, row):
        if row["epoch"] == epoch:
            raise KeyboardInterrupt
        return appended(_writer, row)

    appended, run = RunWriter.append_epoch, create_run(config)
    # Of a worker that was killed before it had a checkpoint: the run begins anew.
    for each in (0, 1, 5):
        save_snapshot(run, each, {"logits/bias": np.ones(10, np.float32)})
    with monkeypatch.context() as patch:
        patch.setattr(RunWriter, "append_epoch", killed)
        patch.setattr("cnn_core.training.reporting.CHECKPOINT_SECONDS", 0.0)
        patch.setattr("cnn_core.training.reporting.CHECKPOINT_SHARE", 1e9)
        with pytest.raises(KeyboardInterrupt):
            train_run(run)
    set_status(run, state="stopped")
    return run


def test_after_a_kill_what_was_given_up_is_gone_and_the_run_ends_as_if_nothing_had_happened(whole, monkeypatch):
    run = killed_in_epoch(2, keeping(3), monkeypatch)
    assert (snapshot_epochs(run), run.history()["epoch"].tolist()) == ((0, 1, 2), [1])
    # An epoch that will never be, and what the worker was writing.
    save_snapshot(run, 7, {"logits/bias": np.zeros(10, np.float32)})
    (run.path / directory.SNAPSHOTS / ".00003.npz.half").write_bytes(b"half")
    resume_run(run)
    seen = []
    fit = worker_module.seeded_model
    monkeypatch.setattr(worker_module, "seeded_model", lambda *a, **k: seen.append(names(run)) or fit(*a, **k))
    train_run(run)
    assert seen == [["00000.npz", "00001.npz"]]
    assert find_snapshots(run).epochs == (0, 1, 2, 3)
    for epoch in range(4):
        expected = find_snapshots(whole).weights(epoch)
        for name, array in find_snapshots(run).weights(epoch).items():
            np.testing.assert_array_equal(array, expected[name])


def test_epochs_that_are_added_have_theirs_too_and_thin_out_those_before(whole, monkeypatch):
    monkeypatch.setenv("CNN_LAB_RUNS", str(whole.path.parent))
    run = Run(shutil.copytree(whole.path, whole.path.with_name("more")))
    size = (run.path / directory.SNAPSHOTS / "00003.npz").stat().st_size
    # While the fourth epoch goes on, the third may still be what the run goes on after.
    monkeypatch.setattr(snapshots, "MOST_BYTES", 5 * size)
    extend_run(run, 1, 1e-3)
    train_run(run)
    found, before = find_snapshots(run), find_snapshots(whole)
    assert found.epochs == (0, 2, 4)
    np.testing.assert_array_equal(found.weights(2)["logits/kernel"], before.weights(2)["logits/kernel"])
    assert not np.array_equal(found.weights(4)["logits/kernel"], before.weights(3)["logits/kernel"])


def test_after_early_stopping_the_last_is_the_last_that_was_trained():
    run = trained(keeping(9, patience=1, learning_rate=0.3))
    epochs = run.history()["epoch"].max()
    assert find_snapshots(run).epochs[-1] == epochs < 9
    best = run.report().best_epoch
    assert best < epochs
    assert_near(find_snapshots(run).weights(best), weights_of(Network(run).model))


def test_they_are_deleted_with_the_run():
    run = finished_run()
    save_snapshot(run, 0, {"logits/bias": np.ones(10, np.float32)})
    delete_run(run)
    assert not run.path.exists()


# --- What fits ---


@pytest.fixture
def small_room(monkeypatch):
    """Room for eight snapshots."""
    run = started_run()
    save_snapshot(run, 0, WIDE)
    # An epoch of more digits takes a byte more.
    monkeypatch.setattr(
        snapshots, "MOST_BYTES", 100 + 8 * (run.path / directory.SNAPSHOTS / "00000.npz").stat().st_size
    )


WIDE = {"logits/kernel": np.linspace(-1, 1, 5_000, dtype=np.float32)}


@pytest.mark.usefixtures("small_room")
def test_where_not_all_fit_evenly_spread_ones_stay_the_first_and_the_last_among_them():
    run = started_run()
    kept = []
    for epoch in range(40):
        save_snapshot(run, epoch, WIDE)
        taken = sum(path.stat().st_size for path in (run.path / directory.SNAPSHOTS).iterdir())
        assert taken <= snapshots.MOST_BYTES
        kept.append(snapshot_epochs(run))
    assert kept[5] == (0, 1, 2, 3, 4, 5)
    assert kept[6] == (0, 2, 4, 6)
    assert kept[11] == (0, 2, 4, 6, 8, 10, 11)
    assert kept[12] == (0, 4, 8, 12)
    assert kept[39] == (0, 8, 16, 24, 32, 39)


@pytest.mark.usefixtures("small_room")
def test_a_run_taken_back_to_its_checkpoint_has_the_epoch_before_it_and_goes_on_as_before():
    run, other = started_run(), started_run()
    for epoch in range(38):
        save_snapshot(other, epoch, WIDE)
        save_snapshot(run, epoch, WIDE)
        if epoch == 25:
            save_checkpoint(run, 26, 3, Checkpoint({}, {}))
    assert snapshot_epochs(run) == (0, 8, 16, 24, 25, 32, 37)
    forget_after(run, 25)
    assert snapshot_epochs(run) == (0, 8, 16, 24, 25)
    for epoch in range(26, 38):
        save_snapshot(run, epoch, WIDE)
        save_checkpoint(run, epoch + 1, 0, Checkpoint({}, {}))
    thin_out(run)
    assert snapshot_epochs(run) == snapshot_epochs(other) == (0, 8, 16, 24, 32, 37)


def test_where_not_even_two_fit_the_first_and_the_last_are_kept(monkeypatch):
    monkeypatch.setattr(snapshots, "MOST_BYTES", 1)
    run = started_run()
    for epoch in range(6):
        save_snapshot(run, epoch, WIDE)
    assert snapshot_epochs(run) == (0, 5)


@pytest.mark.parametrize("largest", [1e-30, 1e-9, 6.1e-5, 6.2e-5, 0.3, 65_504.0, 65_519.0, 1e6, 1e30])
def test_no_value_is_further_off_than_half_a_bit_of_its_array_s_largest(largest):
    array = np.random.default_rng(0).uniform(-largest, largest, (50, 50)).astype(np.float32)
    array[0, 0] = largest
    run = started_run()
    save_snapshot(run, 0, {"a": array, "none": np.zeros((0, 3), np.float32)})
    found = find_snapshots(run).weights(0)
    assert found["none"].shape == (0, 3)
    assert_near({"a": found["a"]}, {"a": array})


def test_what_is_no_number_stays_none():
    array = np.array([np.nan, np.inf, -np.inf, 0.5, 1e5], np.float32)
    run = started_run()
    save_snapshot(run, 0, {"a": array})
    np.testing.assert_array_equal(find_snapshots(run).weights(0)["a"], array)


# --- What is missing or damaged ---


def test_a_run_without_them_says_how_to_get_them():
    with pytest.raises(RunError, match=r"Train again with .*training\.snapshots=true"):
        find_snapshots(finished_run())


def test_a_run_that_has_not_begun_yet_says_so():
    with pytest.raises(RunError, match="Wait until its training has begun"):
        find_snapshots(create_run(keeping()))


def test_a_run_whose_folder_was_deleted_says_so():
    with pytest.raises(RunError, match="was deleted"):
        find_snapshots(finished_run(keeping()))


def spoilt(content):
    run = started_run()
    for epoch in (0, 1, 2):
        save_snapshot(run, epoch, WIDE, is_whole=epoch != 2)
    path = run.path / directory.SNAPSHOTS / "00001.npz"
    path.write_bytes(content(path.read_bytes()))
    return run


@pytest.mark.parametrize(
    "content",
    [
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:200] + bytes([whole[200] ^ 255]) + whole[201:],
        lambda whole: whole[:3000] + bytes([whole[3000] ^ 255]) + whole[3001:],
        lambda _: b"",
        lambda _: b"{}",
    ],
)
def test_a_damaged_one_is_told_and_the_others_are_read(content):
    run = spoilt(content)
    found = find_snapshots(run)
    with pytest.raises(RunError, match=r"epoch 1 of run .* cannot be read: 'snapshots/00001\.npz' is damaged"):
        found.weights(1)
    assert found.weights(2).keys() == WIDE.keys()


def test_one_under_another_s_name_is_told():
    run = spoilt(lambda whole: whole)
    folder = run.path / directory.SNAPSHOTS
    (folder / "00002.npz").rename(folder / "00001.npz")
    with pytest.raises(RunError, match="it is of epoch 2"):
        find_snapshots(run).weights(1)


def test_one_that_is_gone_meanwhile_is_told_with_those_that_are_left():
    run = spoilt(lambda whole: whole)
    found = find_snapshots(run)
    (run.path / directory.SNAPSHOTS / "00001.npz").unlink()
    with pytest.raises(RunError, match=r"has no weights of epoch 1.*\(0, 2\)"):
        found.weights(1)
    (run.path / directory.SNAPSHOTS / "00000.npz").unlink()
    # What rested in epoch 2 stood in epoch 0.
    with pytest.raises(RunError, match="has no weights of epoch 0"):
        found.weights(2)


def test_files_that_are_none_are_passed_over():
    run = spoilt(lambda whole: whole)
    for name in (".00003.npz.abc", "best.npz", "3.txt", "00x.npz"):
        (run.path / directory.SNAPSHOTS / name).write_bytes(b"")
    assert snapshot_epochs(run) == (0, 1, 2)


def test_a_folder_that_cannot_be_written_is_told():
    run = started_run()
    (run.path / directory.SNAPSHOTS).write_bytes(b"")
    with pytest.raises(StorageError):
        save_snapshot(run, 0, WIDE)


def test_a_snapshot_that_is_written_anew_is_another_version(normed):
    found = find_snapshots(normed)
    before = found.version(1)
    assert found.version(1) == before
    save_snapshot(normed, 1, found.weights(1))
    assert found.version(1) != before
    with pytest.raises(RunError, match="no weights of epoch 99"):
        found.version(99)
