"""The coach on a page: what is seen, and a button that takes the change to the form."""

from streamlit.testing.v1 import AppTest

from cnn_core.config import RunConfig
from cnn_core.runs.writer import RunWriter
from pages.parts.draft import Draft
from tests.app.conftest import TIMEOUT_SECONDS
from tests.app.reading import words_of
from tests.fixtures import digits_config, set_status, started_run


def _page(run_id):
    from cnn_core.runs.store import find_run
    from pages.parts.coach_view import coach_view

    run = find_run(run_id)
    coach_view(run, run.record(), run.history(), run.steps(), run.status())


def page(run):
    return AppTest.from_function(_page, default_timeout=TIMEOUT_SECONDS, kwargs={"run_id": run.id}).run()


def rising_run():
    """A run that has ended, and whose training loss jumped."""
    run = started_run(digits_config(training={"epochs": 4}), epochs=0)
    writer = RunWriter(run)
    for epoch, loss in enumerate((0.9, 0.6, 1.4, 0.7), start=1):
        row = {"epoch": epoch, "loss": loss, "accuracy": 0.7, "val_loss": loss, "val_accuracy": 0.7}
        writer.append_epoch({**row, "learning_rate": 1e-3, "seconds": 1.0})
    set_status(run, state="stopped", epoch=4)
    return run


def test_what_is_seen_on_this_curve_is_told_with_its_figures():
    words = words_of(page(rising_run())).replace("\\", "")
    assert "**The learning rate is too high**" in words
    assert "From epoch 2 to 3 the training loss rose from 0.600 to 1.400" in words


def test_the_button_puts_the_run_s_settings_with_one_change_into_the_form():
    run = rising_run()
    app = page(run)
    (button,) = [button for button in app.button if button.label == "New run: Learning rate 0.0003 instead of 0.001"]
    button.click().run()
    draft = app.session_state["draft"]
    assert isinstance(draft, Draft)
    expected = RunConfig(**run.record().model_dump(include=set(RunConfig.model_fields)))
    expected = expected.model_copy(update={"training": expected.training.model_copy(update={"learning_rate": 3e-4})})
    assert draft.config() == expected
    assert "Learning rate 0\\.0003" in draft.note or "Learning rate 0.0003" in draft.note


def test_without_advice_there_is_no_heading():
    app = page(started_run(digits_config(training={"epochs": 9}), epochs=0))
    assert not app.markdown
    assert not app.subheader
    assert [heading.value for heading in page(rising_run()).subheader] == ["What the coach sees"]


def test_a_curve_with_nothing_to_mend_has_no_button():
    run = started_run(digits_config(training={"epochs": 9}))
    app = page(run)
    assert not app.button
    assert "is normal here" in words_of(app)
