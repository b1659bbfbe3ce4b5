"""What is typed into the form outlives what is chosen beside it, and what cannot be trained is told where it is."""

import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import preset_config
from tests.app.form import block_numbers, choose, press, start, start_button, widget
from tests.app.reading import charts_of, words_of
from tests.fixtures import digits_config, finished_run

# No worker starts.
pytestmark = pytest.mark.usefixtures("started")


def choose_together(app, *choices):
    """Set several settings before the page runs: what a browser sends when somebody types and clicks at once."""
    for section, name, value in choices:
        widget(app, section, name).set_value(value)
    app.run()
    assert not app.exception
    return app


def metrics_of(app):
    return {metric.label: metric.value for metric in app.metric}


def test_a_number_typed_just_before_other_weights_are_chosen_stays(form):
    app = choose(form("Transfer"), "run", "transfer", "imagenet")
    app = choose_together(app, ("training", "epochs", 17), ("transfer", "weights", "random"))
    assert widget(app, "training", "epochs").value == 17
    record = start(app)
    assert (record.training.epochs, record.transfer.weights) == (17, "random")


def test_numbers_typed_before_another_imagenet_network_is_chosen_stay_even_out_of_range(form):
    app = choose(form("Transfer"), "run", "transfer", "imagenet")
    app = choose(choose(app, "training", "epochs", 9999), "training", "batch_size", 77)
    app = choose(app, "transfer", "network", "resnet50-v2")
    assert widget(app, "training", "epochs").value == 9999
    record = start(choose(app, "training", "epochs", 9))
    assert (record.training.epochs, record.training.batch_size) == (9, 77)
    assert (record.preset, record.transfer.network) == ("resnet50-v2", "resnet50-v2")


def test_another_imagenet_network_leaves_what_was_chosen_beside_it(form):
    app = choose(form("Transfer"), "run", "transfer", "imagenet")
    for name, value in (("head_epochs", 4), ("frozen_share", 50), ("side", 64)):
        app = choose(app, "transfer", name, value)
    app = choose(app, "transfer", "network", "resnet50-v2")
    assert "MobileNetV2" not in words_of(app).replace("ResNet50V2", "").split("**MobileNetV2** has")[0]
    transfer = start(app).transfer
    assert (transfer.head_epochs, transfer.frozen_share, transfer.side) == (4, 0.5, 64)


def test_random_weights_spare_nothing_and_what_was_chosen_can_be_brought_back(form):
    app = choose(form("Transfer"), "run", "transfer", "imagenet")
    app = choose(app, "transfer", "head_epochs", 4)
    app = choose(app, "transfer", "weights", "random")
    transfer = app.session_state["draft"].config().transfer
    assert (transfer.frozen_share, transfer.head_epochs, transfer.fine_tune_rate) == (0, 0, 1)
    app = press(app, "draft-undo")
    assert widget(app, "transfer", "weights").value == "imagenet"
    assert start(app).transfer.head_epochs == 4


def test_a_number_typed_just_before_the_form_is_filled_can_be_brought_back(form):
    app = form("Transfer")
    app = choose_together(app, ("training", "epochs", 23), ("run", "transfer", "imagenet"))
    app = press(app, "draft-undo")
    assert widget(app, "training", "epochs").value == 23
    assert app.session_state["draft"].config().transfer is None


def test_what_was_typed_stays_when_the_weights_start_from_chance_again(form):
    finished_run(digits_config("simple-cnn"))
    app = choose(form("Transfer"), "run", "transfer", "run")
    app = choose_together(app, ("training", "batch_size", 77), ("run", "transfer", "none"))
    assert widget(app, "training", "batch_size").value == 77
    assert app.session_state["draft"].config().transfer is None
    # And the features that were chosen are not lost either.
    assert press(app, "draft-undo").session_state["draft"].config().transfer is not None


def test_what_was_changed_first_is_photo_or_drawing_back_step_by_step(form):
    app = choose(form("Transfer"), "training", "epochs", 33)
    finished_run(digits_config("simple-cnn"))
    app = choose(app, "run", "transfer", "imagenet")
    app = choose(app, "run", "transfer", "run")
    app = press(press(app, "draft-undo"), "draft-undo")
    assert widget(app, "training", "epochs").value == 33


def test_a_dataset_chosen_while_a_number_is_out_of_range_keeps_the_transfer(form):
    source = finished_run(digits_config("simple-cnn"))
    app = choose(form("Transfer"), "run", "transfer", "run")
    app = choose(app, "training", "epochs", 9999)
    app.selectbox(key="dataset").set_value("mnist")
    app.run()
    assert app.session_state["draft"].settings["transfer"]["run"] == source.id


def test_a_seed_stays_when_another_network_is_chosen(form):
    app = choose(form("Training"), "run", "seed", 2**32)
    app.selectbox(key="preset").set_value("mlp")
    app.run()
    assert widget(app, "run", "seed").value == 2**32
    assert start_button(app).disabled


def test_the_network_is_today_s_while_a_number_of_the_training_is_out_of_range(form):
    app = choose(form(preset="mlp"), "training", "epochs", 9999)
    before = metrics_of(app)
    app = press(app, "add-dense")
    shown = metrics_of(app)
    assert shown["Parameters"] not in ("–", before["Parameters"])
    # What a step needs depends on the training.
    assert shown["Memory of a step"] == "–"
    assert charts_of(app)["network-drawing"]


def test_a_network_of_which_a_block_is_out_of_range_is_told_up_to_there(form):
    app = form()
    app = press(app, f"-block{block_numbers(app)[1]}-open")
    app = choose(app, "block2", "filters", 0)
    assert metrics_of(app)["Parameters"] == metrics_of(app)["Memory of a step"] == "–"
    rows = [row.value for row in app.markdown if " · Convolution" in row.value]
    assert ["→" in row for row in rows] == [True, False, False]
    # A block that is put in before it is not labelled with what another one leaves.
    app = press(app, f"-block{block_numbers(app)[0]}-duplicate")
    rows = [row.value for row in app.markdown if " · Convolution" in row.value]
    assert ["→" in row for row in rows] == [True, True, False, False]


def test_a_block_that_does_not_fit_is_told_while_another_number_is_out_of_range(form):
    app = choose(form(), "training", "epochs", 9999)
    app = choose(app, "model", "enlarges", False)
    assert not app.exception
    told = [error.value for error in app.error]
    assert any("Epochs is 9999" in text or "9,999" in text for text in told)
    assert any("leaves nothing of the image" in text for text in told)


def test_the_schedule_is_today_s_while_a_number_is_out_of_range(form):
    def rates(app):
        return charts_of(app)["schedule"]["data"][0]["y"]

    app = choose(form("Training"), "training", "epochs", 9999)
    flat = rates(app)
    app = choose(app, "training", "schedule", "cosine")
    assert min(flat) == max(flat)
    assert min(rates(app)) < max(rates(app))
    assert "out of range" in words_of(app)


def test_counts_of_images_are_not_told_of_an_older_draft(form):
    app = choose(form("Training"), "training", "validation_share", 20)
    assert "288 images" in words_of(app)
    app = choose(app, "training", "validation_share", 90)
    assert "288 images" not in words_of(app)
    assert "– images" in words_of(app)


def test_what_becomes_of_the_blocks_is_not_told_while_the_transfer_is_out_of_range(form):
    finished_run(digits_config("simple-cnn"))
    app = choose(form("Transfer"), "run", "transfer", "run")
    assert "**taken**" in words_of(app)
    app = choose(app, "transfer", "head_epochs", -1)
    assert "**taken**" not in words_of(app)


@pytest.mark.parametrize(
    ("name", "wrong", "told"),
    [
        ("epochs", 9_999_999_999_999_999, "9,999,999,999,999,999|10,000,000,000,000,000"),
        ("epochs", 2.5, "has to be a whole number"),
        ("learning_rate", 0.0, "more than 0"),
    ],
)
def test_whatever_is_entered_is_used_or_told(form, name, wrong, told):
    app = choose(form(), "training", name, wrong)
    assert widget(app, "training", name).value == pytest.approx(wrong)
    assert any(part in app.error[0].value.replace("\\", "") for part in told.split("|"))
    assert start_button(app).disabled
    assert any(":red[" in text.value for text in app.markdown)


def test_a_whole_number_over_what_the_browser_counts_is_not_kept_to_itself(form):
    # The browser compares with these, and neither sends nor tells what lies beyond.
    app = form()
    for name in ("epochs", "batch_size"):
        assert widget(app, "training", name).proto.max > 2**60


def test_a_setting_that_another_one_sets_follows_and_nothing_is_logged(form, caplog):
    app = choose(form("Training", "fast"), "training", "loss", "sparse_categorical_crossentropy")
    app = choose(app, "training", "label_smoothing", 0.2)
    assert widget(app, "training", "loss").value == "categorical_crossentropy"
    assert not [record for record in caplog.records if "default value" in record.getMessage()]


def test_the_short_line_below_a_network_leaves_the_long_one_to_its_help(form):
    app = form("Network", "mlp")
    preset = preset_config("mlp", dataset_card("digits")).preset
    (line,) = [one.value for one in app.caption if one.value.startswith("Two dense layers")]
    assert len(line) < 70
    assert preset == "mlp"


@pytest.mark.parametrize("name", ["Move block 1 down", "Duplicate block 2", "Remove block 3", "Settings of block 1"])
def test_each_button_of_a_block_has_a_name_of_its_own(form, name):
    labels = [button.label for button in form().button]
    assert labels.count(name) == 1


def test_an_imagenet_network_says_how_large_it_is(form):
    app = choose(form("Transfer"), "run", "transfer", "imagenet")
    # 2,257,984 of MobileNetV2, as Keras counts them, and an output of 1280 means for 10 classes.
    assert f"{2_257_984 + 1281 * 10:,} parameters" in words_of(app)
