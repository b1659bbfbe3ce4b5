"""What a run that has ended can do next."""

import pandas as pd
import pytest
from pydantic import ValidationError

from cnn_core.config import MOST_EPOCHS, Continuation, TrainingConfig
from cnn_core.runs.continuing import propose_more, resumes_at
from tests.fixtures import digits_config, failed_run, finished_run, resumable_run, silent_run, started_run


def history(*rates):
    return pd.DataFrame({"epoch": range(1, len(rates) + 1), "learning_rate": rates}, dtype=float)


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_more_epochs_go_on_at_the_last_rate(schedule):
    proposal = propose_more(TrainingConfig(schedule=schedule), history(1e-3, 5e-4))
    assert (proposal.learning_rate, proposal.reason) == (5e-4, "the last one of this run")


@pytest.mark.parametrize("schedule", ["step", "exponential", "cosine", "one-cycle"])
def test_after_a_schedule_that_fell_they_go_on_at_a_tenth_of_its_peak(schedule):
    training = TrainingConfig(schedule=schedule, learning_rate=0.02)
    assert propose_more(training, history(0.02, 0.00002)).learning_rate == pytest.approx(0.002)


def test_epochs_that_were_added_before_were_constant():
    more = Continuation(after_epoch=2, epochs=1, learning_rate=3e-4)
    training = TrainingConfig(schedule="cosine", continuations=(more,))
    assert propose_more(training, history(1e-3, 1e-6, 3e-4)).learning_rate == 3e-4


@pytest.mark.parametrize("rates", [(), (0.0,), (float("nan"),)], ids=["no epoch", "zero", "unknown"])
def test_without_a_last_rate_the_asked_one_is_proposed(rates):
    assert propose_more(TrainingConfig(learning_rate=0.01), history(*rates)).learning_rate == 0.01


def test_a_run_has_only_so_many_epochs():
    assert propose_more(TrainingConfig(), history(*[1e-3] * MOST_EPOCHS)) is None
    almost = propose_more(TrainingConfig(), history(*[1e-3] * (MOST_EPOCHS - 2)))
    assert (almost.epochs, almost.most_epochs) == (2, 2)


def test_a_run_resumes_at_its_newest_checkpoint():
    run = resumable_run(digits_config(training={"epochs": 9}))
    (run.path / "checkpoint" / "00003-0000210.npz").write_bytes(b"newer")
    assert resumes_at(run, run.status()) == (3, 210)


@pytest.mark.parametrize("make", [failed_run, silent_run], ids=["failed", "lost"])
def test_without_a_checkpoint_it_starts_from_the_beginning(make):
    run = make()
    assert resumes_at(run, run.status()) == (1, 0)


@pytest.mark.parametrize("make", [started_run, finished_run], ids=["active", "finished"])
def test_a_run_that_is_active_or_has_finished_does_not_resume(make):
    run = make()
    assert resumes_at(run, run.status()) is None


def test_no_more_epochs_are_proposed_than_can_be_added_at_once():
    most = propose_more(TrainingConfig(), history(1e-3, 1e-3)).most_epochs
    assert Continuation(after_epoch=2, epochs=most, learning_rate=1e-3).epochs == most
    with pytest.raises(ValidationError):
        Continuation(after_epoch=2, epochs=most + 1, learning_rate=1e-3)
