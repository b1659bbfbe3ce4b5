"""Each control of the form: what is chosen stands in the ``config.json`` of the run that is started."""

import json
import shutil

import pytest

from cnn_core.config import AugmentationConfig, ConvBlock, ImageNetTransfer, ResidualBlock, RunTransfer, limits
from cnn_core.data.augmentable import PICTURE_SHARES
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import preset_config
from tests.app.form import block_numbers, choose, has_widget, press, start, start_button, widget
from tests.app.reading import words_of
from tests.fixtures import digits_config, finished_run, started_run

# No worker starts.
pytestmark = pytest.mark.usefixtures("started")


def test_averages_may_keep_the_first_weights(form):
    app = form("Training")
    assert not has_widget(app, "training", "ema_warm_up")
    app = choose(choose(app, "training", "ema_decay", 0.999), "training", "ema_warm_up", False)
    assert start(app).training.ema_warm_up is False


@pytest.mark.parametrize(
    ("tab", "name", "value"),
    [
        ("Network", "epochs", 7),
        ("Network", "batch_size", 33),
        ("Network", "learning_rate", 0.0025),
        ("Network", "optimizer", "rmsprop"),
        ("Training", "weight_decay", 0.02),
        ("Training", "clip_norm", 1.5),
        ("Training", "loss", "categorical_crossentropy"),
        ("Training", "class_weights", "balanced"),
        ("Training", "protocol", "tutorial"),
        ("Training", "monitor", "val_loss"),
        ("Training", "patience", 4),
        ("Training", "restore_best", False),
        ("Training", "ema_decay", 0.99),
        ("Training", "deterministic", True),
        ("Training", "snapshots", True),
    ],
)
def test_a_setting_of_the_training_is_the_run_s(form, tab, name, value):
    record = start(choose(form(tab), "training", name, value))
    assert getattr(record.training, name) == value
    # And it is all that has changed.
    asked = preset_config("tutorial-cnn", dataset_card("digits"))
    assert record.training == asked.training.model_copy(update={name: value})
    assert record.model == asked.model


@pytest.mark.parametrize("schedule", ["constant", "step", "exponential", "cosine", "one-cycle", "plateau"])
def test_a_schedule_is_the_run_s(form, schedule):
    assert start(choose(form("Training", "fast"), "training", "schedule", schedule)).training.schedule == schedule


@pytest.mark.parametrize(
    ("schedule", "name", "value"),
    [
        ("step", "decay_factor", 0.2),
        ("step", "decay_epochs", 5),
        ("plateau", "decay_factor", 0.3),
        ("plateau", "decay_epochs", 2),
        ("exponential", "final_share", 0.05),
        ("cosine", "final_share", 0.02),
        ("one-cycle", "final_share", 0.01),
        ("one-cycle", "warm_up_share", 0.4),
    ],
)
def test_a_schedule_has_its_own_settings_and_no_others(form, schedule, name, value):
    app = choose(form("Training"), "training", "schedule", schedule)
    shown = {"decay_factor", "decay_epochs"} if schedule in ("step", "plateau") else {"final_share"}
    shown |= {"warm_up_share"} if schedule == "one-cycle" else set()
    for each in ("decay_factor", "decay_epochs", "final_share", "warm_up_share"):
        assert has_widget(app, "training", each) == (each in shown)
    entered = value * 100 if name.endswith("share") else value
    assert getattr(start(choose(app, "training", name, entered)).training, name) == pytest.approx(value)


@pytest.mark.parametrize("optimizer", ["sgd", "muon"])
def test_momentum_and_nesterov_are_set_where_they_mean_something(form, optimizer):
    app = choose(form("Training"), "training", "optimizer", optimizer)
    app = choose(choose(app, "training", "momentum", 0.8), "training", "nesterov", False)
    training = start(app).training
    assert (training.optimizer, training.momentum, training.nesterov) == (optimizer, 0.8, False)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop"])
def test_momentum_and_nesterov_are_not_offered_where_they_mean_nothing(form, optimizer):
    app = choose(form("Training"), "training", "optimizer", optimizer)
    assert not has_widget(app, "training", "momentum")
    assert not has_widget(app, "training", "nesterov")


def test_the_seed_is_the_run_s(form):
    assert start(choose(form("Training"), "run", "seed", 42)).seed == 42


@pytest.mark.parametrize(("name", "entered"), [("validation_share", 20), ("train_share", 50)])
def test_shares_are_entered_in_per_cent_and_shown_in_images(form, name, entered):
    app = choose(form("Training"), "training", name, entered)
    # Of 1,437 images, 144 are held back by default.
    assert {"validation_share": "288 images", "train_share": "646 images"}[name] in words_of(app)
    assert getattr(start(app).training, name) == entered / 100


def test_label_smoothing_brings_the_loss_that_knows_it_and_says_so(form):
    app = choose(form("Training"), "training", "label_smoothing", 0.2)
    assert "one-hot form: the loss is set to it" in words_of(app)
    training = start(app).training
    assert (training.label_smoothing, training.loss) == (0.2, "categorical_crossentropy")


def test_teachers_bring_the_loss_that_they_need_and_a_share(form):
    teachers = [finished_run(), finished_run()]
    app = form("Training")
    assert not has_widget(app, "training", "teacher_share")
    app = choose(app, "training", "teachers", [run.id for run in teachers])
    training = start(choose(app, "training", "teacher_share", 60)).training
    assert training.teachers == tuple(run.id for run in teachers)
    assert (training.teacher_share, training.loss) == (0.6, "categorical_crossentropy")


def test_only_runs_that_know_the_classes_are_offered_as_teachers_the_best_first(form):
    better, worse = finished_run(), finished_run()
    # Better on the images that were watched; on the test images both are alike.
    report = better.path / "report.json"
    report.write_text(json.dumps({**json.loads(report.read_text()), "val_accuracy": 0.99}))
    started_run()
    finished_run(preset_config("mlp", dataset_card("mnist")))
    # The showcase knows clothes.
    offered = widget(form("Training"), "training", "teachers").options
    assert [label.rpartition(" ")[2] for label in offered] == [better.id[-4:], worse.id[-4:]]


def test_the_test_images_choose_no_teacher(form):
    usual = finished_run()
    watched = finished_run(digits_config(training={"protocol": "tutorial", "epochs": 2}))
    interrupted = finished_run()
    (interrupted.path / "report.json").unlink()
    app = form("Training")
    offered = widget(app, "training", "teachers").options
    assert [label.rpartition(" ")[2] for label in offered] == [usual.id[-4:], watched.id[-4:]]
    assert offered[1].startswith("– ·")
    app = choose(app, "training", "teachers", [watched.id])
    assert "(another seed, share or protocol)" in words_of(app)


def test_a_teacher_s_old_name_is_no_run(form):
    teacher, other = finished_run(), finished_run()
    app = choose(form("Training"), "training", "teachers", [teacher.id])
    box, states = widget(app, "training", "teachers"), app._tree.get_widget_states()
    (sent,) = [state for state in states.widgets if state.id == box.id]
    # A browser sends the names that it was shown: one run was renamed in another tab since, the other is added.
    new = next(label for label in box.options if label.endswith(other.id[-4:]))
    sent.string_array_value.data[:] = ["99.00% · its old name", new]
    app = app._run(states)
    assert "There is no run" not in words_of(app)
    assert start(app).training.teachers == (other.id,)


def test_a_teacher_that_was_split_otherwise_is_told(form):
    teacher = finished_run()
    app = choose(form("Training"), "training", "teachers", [teacher.id])
    assert "learned from images that it is watched on" not in words_of(app)
    app = choose(app, "run", "seed", 7)
    assert f"{teacher.id[-4:]} learned from images that it is watched on" in words_of(app)


def test_a_loss_of_whole_classes_takes_the_teachers_along(form):
    teacher = finished_run()
    app = choose(form("Training"), "training", "teachers", [teacher.id])
    app = choose(app, "training", "teacher_share", 50)
    app = choose(app, "training", "loss", "sparse_categorical_crossentropy")
    assert widget(app, "training", "teachers").value == []
    training = start(app).training
    assert (training.teachers, training.teacher_share) == ((), 0.9)


def test_a_teacher_that_was_deleted_meanwhile_is_told(form):
    teacher = finished_run()
    app = choose(form("Training"), "training", "teachers", [teacher.id])
    shutil.rmtree(teacher.path)
    app.run()
    assert f"There is no run '{teacher.id}'" in words_of(app)
    assert start_button(app).disabled
    app = choose(app, "training", "teachers", [])
    assert start(app).training.teachers == ()


def test_a_loss_that_cannot_smooth_takes_the_smoothing_along(form):
    app = choose(form("Training", "fast"), "training", "loss", "sparse_categorical_crossentropy")
    assert widget(app, "training", "label_smoothing").value == 0
    assert start(app).training.label_smoothing == 0


def test_watched_test_images_take_early_stopping_along(form):
    app = choose(choose(form("Training"), "training", "patience", 3), "training", "protocol", "tutorial")
    assert not has_widget(app, "training", "patience")
    assert start(app).training.patience == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("horizontal_flip", True),
        ("shift_pixels", 2),
        ("rotate_degrees", 15.0),
        ("zoom", 0.2),
        ("contrast", 0.3),
        ("noise", 0.05),
        ("erase_probability", 0.25),
        ("photos", 0.25),
        ("drawings", 0.2),
        ("mixup", 0.2),
        ("cutmix", 1.0),
    ],
)
def test_an_augmentation_is_the_run_s(form, name, value):
    app = form("Augmentation")
    record = start(choose(app, "augmentation", name, value))
    assert record.augmentation == AugmentationConfig(**{name: value})


@pytest.mark.parametrize("name", [name for name in AugmentationConfig.model_fields if name != "horizontal_flip"])
def test_the_sliders_have_the_limits_of_the_configuration(form, name):
    slider = widget(form("Augmentation"), "augmentation", name)
    assert (slider.min, slider.max) == limits(AugmentationConfig, name)


def test_mirroring_what_means_something_else_when_mirrored_is_warned_of(form):
    app = form("Augmentation")
    assert not app.warning
    assert "mirroring will cost accuracy" in choose(app, "augmentation", "horizontal_flip", True).warning[0].value


def test_digits_as_photos_are_warned_of_and_not_proposed(form):
    app = form("Augmentation")
    assert not [toggle for toggle in app.toggle if "people's photos" in toggle.label]
    assert "lose what tells the classes apart" in choose(app, "augmentation", "photos", 0.25).warning[0].value


def test_one_choice_prepares_for_peoples_pictures_and_follows_the_sliders(form):
    app = form("Augmentation")
    app.selectbox(key="dataset").set_value("fashion-mnist")
    app.run()

    def toggle():
        (found,) = [toggle for toggle in app.toggle if "people's photos" in toggle.label]
        return found

    def shares():
        return tuple(widget(app, "augmentation", name).value for name in ("photos", "drawings", "sketches"))

    assert (toggle().value, shares()) == (False, (0.0, 0.0, 0.0))
    toggle().set_value(True)
    app.run()
    assert (toggle().value, shares()) == (True, (0.2, 0.0, 0.15))
    choose(choose(app, "augmentation", "photos", 0.0), "augmentation", "sketches", 0.0)
    assert not toggle().value
    choose(app, "augmentation", "drawings", 0.5)
    assert toggle().value
    toggle().set_value(False)
    app.run()
    assert (toggle().value, shares()) == (False, (0.0, 0.0, 0.0))
    toggle().set_value(True)
    app.run()
    record = start(app)
    assert record.augmentation == AugmentationConfig(**{**record.augmentation.model_dump(), **PICTURE_SHARES})
    assert record.augmentation.drawings == 0


def test_shares_of_more_than_all_images_cannot_start(form):
    app = choose(choose(form("Augmentation"), "augmentation", "photos", 0.7), "augmentation", "drawings", 0.5)
    assert start_button(app).disabled
    assert "more than 1 together" in words_of(app)
    assert not start_button(choose(app, "augmentation", "drawings", 0.3)).disabled


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filters", 48),
        ("kernel", 5),
        ("stride", 2),
        ("padding", "valid"),
        ("batch_norm", True),
        ("activation", "gelu"),
        ("pooling", "average"),
        ("dropout", 0.25),
    ],
)
def test_a_setting_of_a_convolution_is_the_run_s(form, name, value):
    app = press(form(preset="mlp"), "add-conv")
    block, *dense = start(choose(app, "block1", name, value)).model.blocks
    assert block == ConvBlock(filters=32, padding="same").model_copy(update={name: value})
    assert tuple(dense) == preset_config("mlp", dataset_card("digits")).model.blocks


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filters", 24),
        ("kernel", 5),
        ("stride", 2),
        ("batch_norm", False),
        ("activation", "elu"),
        ("pooling", "max"),
        ("dropout", 0.1),
    ],
)
def test_a_setting_of_a_residual_block_is_the_run_s(form, name, value):
    app = press(form(preset="mlp"), "add-residual")
    block = start(choose(app, "block1", name, value)).model.blocks[0]
    assert block == ResidualBlock(filters=32, batch_norm=True).model_copy(update={name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("units", 64), ("batch_norm", True), ("activation", "tanh"), ("dropout", 0.5)]
)
def test_a_setting_of_a_dense_block_is_the_run_s(form, name, value):
    app = form()
    app = press(app, f"-block{block_numbers(app)[3]}-open")
    block = start(choose(app, "block4", name, value)).model.blocks[3]
    assert (block.kind, getattr(block, name)) == ("dense", value)


@pytest.mark.parametrize(("name", "value"), [("features", "global-average"), ("dropout", 0.35)])
def test_the_way_to_the_output_is_the_run_s(form, name, value):
    assert getattr(start(choose(form(), "model", name, value)).model, name) == value


def test_images_can_be_enlarged_or_left_as_they_are(form):
    app = choose(form(preset="mlp"), "model", "enlarges", True)
    assert start(choose(app, "model", "enlarge_to", 16)).model.enlarge_to == 16


def test_images_that_the_preset_enlarges_can_be_left_as_they_are(form):
    app = choose(form(), "model", "enlarges", False)
    assert app.session_state["draft"].settings["model"]["enlarge_to"] is None
    # 8×8 pixels are too few for two poolings without padding: told at the block, and nothing can be started.
    assert "Block 2 leaves nothing of the image" in app.error[0].value
    assert start_button(app).disabled


def test_blocks_are_moved_copied_removed_and_added(form):
    app = form()
    first, second, _third, dense = block_numbers(app)
    assert widget(app, "block1", "up").disabled
    assert widget(app, "block3", "down").disabled, "no convolution goes behind a dense block"
    app = press(app, f"-block{first}-down")
    assert block_numbers(app)[:2] == [second, first]
    app = press(app, f"-block{first}-duplicate")
    app = press(app, f"-block{second}-remove")
    app = press(press(app, "add-conv"), "add-dense")
    kinds = [(block.kind, getattr(block, "filters", None)) for block in start(app).model.blocks]
    assert kinds == [*[("conv", filters) for filters in (32, 32, 128, 128)], ("dense", None), ("dense", None)]
    assert dense in block_numbers(app)


def test_the_settings_of_a_block_stay_with_it_when_it_is_moved(form):
    app = form()
    first = block_numbers(app)[0]
    app = choose(press(app, f"-block{first}-open"), "block1", "filters", 40)
    app = press(app, f"-block{first}-down")
    assert widget(app, "block2", "filters").value == 40
    assert [block.filters for block in start(app).model.blocks[:3]] == [64, 40, 128]


def test_an_edited_network_keeps_its_preset_s_name_and_is_called_changed(form):
    app = press(form(), "add-conv")
    assert start(app).preset == "tutorial-cnn"
    app = press(press(form(), "add-conv"), "back-to-preset")
    asked = preset_config("tutorial-cnn", dataset_card("digits"))
    assert start(app).model == asked.model


def test_a_network_without_blocks_can_be_trained(form):
    app = form(preset="mlp")
    for number in block_numbers(app):
        app = press(app, f"-block{number}-remove")
    assert start(app).model.blocks == ()


def test_features_are_taken_from_a_run(form):
    source = finished_run(digits_config("simple-cnn"))
    app = choose(form("Transfer"), "run", "transfer", "run")
    assert widget(app, "transfer", "run").value == source.id
    for name, value in (("blocks", 1), ("frozen_blocks", 1), ("head_epochs", 1), ("fine_tune_rate", 25)):
        app = choose(app, "transfer", name, value)
    record = start(app)
    assert record.transfer == RunTransfer(run=source.id, blocks=1, frozen_blocks=1, head_epochs=1, fine_tune_rate=0.25)
    assert record.model.blocks == source.record().model.blocks


def test_features_that_do_not_fit_are_told_and_cannot_be_started(form):
    finished_run(digits_config("simple-cnn"))
    app = choose(form("Transfer"), "run", "transfer", "run")
    app = choose(app, "transfer", "blocks", 3)
    assert "the network has 2" in app.error[0].value
    assert start_button(app).disabled


@pytest.mark.parametrize("weights", ["imagenet", "random"])
def test_an_imagenet_network_with_its_weights_or_random_ones_by_name(form, weights):
    app = choose(form("Transfer"), "run", "transfer", "imagenet")
    app = choose(choose(app, "transfer", "network", "resnet50-v2"), "transfer", "weights", weights)
    app = choose(choose(app, "transfer", "side", 64), "transfer", "head_epochs", 3)
    assert any("put" in warning.value for warning in app.warning) == (weights == "imagenet")
    record = start(app)
    assert isinstance(record.transfer, ImageNetTransfer)
    assert (record.transfer.network, record.transfer.weights) == ("resnet50-v2", weights)
    assert (record.transfer.side, record.transfer.head_epochs) == (64, 3)
    assert record.preset == "resnet50-v2"


def test_the_frozen_share_of_an_imagenet_network_is_the_run_s(form):
    app = choose(form("Transfer"), "run", "transfer", "imagenet")
    assert start(choose(app, "transfer", "frozen_share", 50)).transfer.frozen_share == 0.5


def test_back_from_a_transfer_the_weights_start_from_chance(form):
    finished_run(digits_config("simple-cnn"))
    app = choose(form("Transfer"), "run", "transfer", "run")
    assert start(choose(app, "run", "transfer", "none")).transfer is None


@pytest.mark.parametrize(
    ("tab", "name", "entered", "told"),
    [
        ("Network", "batch_size", 4096, "A batch of 4,096 is larger than the data"),
        ("Training", "train_share", 0.5, "too few for one of each of the 10 classes"),
    ],
)
def test_what_the_dataset_is_too_small_for_keeps_a_run_from_being_started(form, tab, name, entered, told):
    app = choose(form(tab), "training", name, entered)
    assert any(told in error.value for error in app.error)
    assert start_button(app).disabled
