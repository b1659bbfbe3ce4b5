"""Measurements in the background: found by whoever needs them, ended when told to, and told when they died."""

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from cnn_core.config import ConvBlock, ImageNetTransfer, RunConfig, replace
from cnn_core.errors import CnnLabError, RunError, StorageError
from cnn_core.jobs import store
from cnn_core.jobs.job import JobStatus
from cnn_core.runs import probes
from cnn_core.runs.measurements import RateRange, price_of
from cnn_core.runs.probe import Probe, open_probe
from cnn_core.runs.probe_key import probe_key
from cnn_core.runs.probes import KEPT_SECONDS, MOST_KEPT, find_probe, start_probe
from cnn_core.runs.store import list_runs
from cnn_core.training.failures import OUT_OF_MEMORY, explain_failure
from tests.fixtures import digits_config
from tests.measured import MEASURED, end

RANGE = RateRange(
    rates=(1e-3, 1e-2), losses=(2.0, 1.0), smoothed=(2.0, 1.0), suggested=1e-3, explanation="So.", is_cut_off=True
)


# Which settings matter


def without_effect_on_the_price():
    return {
        "seed": {"seed": 7},
        "preset's name": {"preset": "other"},
        "epochs": {"training": {"epochs": 77}},
        "rate": {"training": {"learning_rate": 0.5}},
        "schedule": {"training": {"schedule": "cosine", "final_share": 0.5}},
        "strength of momentum": {"training": {"momentum": 0.8}},
        "patience": {"training": {"patience": 4}},
        "monitor": {"training": {"monitor": "val_loss"}},
        "share of the teachers": {"training": {"teacher_share": 0.5}},
    }


def with_effect_on_the_price():
    return {
        "dataset": {"dataset": "mnist"},
        "network": {"model": {"blocks": [ConvBlock(filters=3)]}},
        "batch size": {"training": {"batch_size": 99}},
        "optimizer": {"training": {"optimizer": "sgd"}},
        "clipping": {"training": {"clip_norm": 1.0}},
        "averaging": {"training": {"ema_decay": 0.99}},
        "share of the images": {"training": {"train_share": 0.5}},
        "validation share": {"training": {"validation_share": 0.3}},
        "protocol": {"training": {"protocol": "tutorial"}},
        "deterministic": {"training": {"deterministic": True}},
        "teachers": {"training": {"loss": "categorical_crossentropy", "teachers": ("showcase",)}},
        "augmentation": {"augmentation": {"rotate_degrees": 5}},
    }


@pytest.mark.parametrize("changes", without_effect_on_the_price().values(), ids=without_effect_on_the_price())
def test_what_does_not_change_the_price_shares_its_measurement(changes):
    config = digits_config()
    assert probe_key("price", replace(config, **changes)) == probe_key("price", config)


@pytest.mark.parametrize("changes", with_effect_on_the_price().values(), ids=with_effect_on_the_price())
def test_what_changes_the_price_is_measured_by_itself(changes):
    config = digits_config()
    assert probe_key("price", replace(config, **changes)) != probe_key("price", config)


def test_a_range_test_depends_on_the_seed_and_not_on_the_rate_itself():
    config = digits_config()
    assert probe_key("rate-range", replace(config, seed=1)) != probe_key("rate-range", config)
    assert probe_key("rate-range", replace(config, training={"momentum": 0.5})) != probe_key("rate-range", config)
    asked = {"learning_rate": 0.3, "epochs": 4, "schedule": "one-cycle"}
    assert probe_key("rate-range", replace(config, training=asked)) == probe_key("rate-range", config)
    assert probe_key("rate-range", config) != probe_key("price", config)


def test_another_version_of_a_library_is_measured_anew(monkeypatch):
    before = probe_key("price", digits_config())
    monkeypatch.setattr("cnn_core.runs.probe_key.installed_versions", lambda: {"keras": "99"})
    assert probe_key("price", digits_config()) != before


def imagenet_config(**transfer):
    config = digits_config(model={"blocks": (), "enlarge_to": None})
    return replace(config, transfer=ImageNetTransfer(**transfer).model_dump())


@pytest.mark.parametrize("kind", ["price", "rate-range"])
def test_pretrained_and_random_weights_are_measured_apart(kind):
    # Batch normalisation learns with random weights only: a step costs about twice as much.
    assert probe_key(kind, imagenet_config()) != probe_key(kind, imagenet_config(weights="random"))


def test_the_price_of_a_transfer_depends_on_its_stages_and_not_on_their_length():
    pretrained = imagenet_config()
    assert probe_key("price", imagenet_config(side=64)) != probe_key("price", pretrained)
    assert probe_key("price", imagenet_config(head_epochs=5)) == probe_key("price", pretrained)
    assert probe_key("price", imagenet_config(head_epochs=0)) != probe_key("price", pretrained)


# What a price is made of


def test_the_price_counts_start_epochs_and_the_end():
    price = price_of(MEASURED, digits_config(training={"epochs": 4}))
    # 100 steps of 10 ms, 0.4 s of validation, 0.1 s of saving.
    assert price.epoch_seconds == pytest.approx(1.5)
    assert price.total_seconds == pytest.approx(5 + 4 * 1.5 + 2)
    assert (price.parameters, price.memory_bytes, price.is_contended) == (50_826, 600_000_000, False)


def test_long_runs_pay_for_their_checkpoints_too():
    price = price_of(MEASURED, digits_config(training={"epochs": 100}))
    # A checkpoint of 0.2 s may be saved every 20 s, a hundred times its time: 150 s of training hold seven of them.
    assert price.total_seconds == pytest.approx(5 + 150 + 7 * 0.2 + 2)


def test_epochs_of_the_head_alone_have_their_own_price():
    measured = MEASURED.model_copy(update={"head_step_seconds": 0.004})
    config = replace(imagenet_config(head_epochs=3), training={"epochs": 5})
    assert price_of(measured, config).total_seconds == pytest.approx(5 + 3 * 0.4 + 2 * 1.0 + 5 * 0.5 + 2)
    short = replace(config, training={"epochs": 2})
    assert price_of(measured, short).total_seconds == pytest.approx(5 + 2 * 0.4 + 2 * 0.5 + 2)


# Starting and finding


def test_a_probe_is_a_process_with_a_directory_among_the_runs_that_is_no_run(processes):
    config = digits_config()
    probe = start_probe("price", config)
    assert processes == [["probe", str(probe.path)]]
    assert open_probe(probe.path).config == config
    assert probe.request().kind == "price"
    assert probe.is_active
    assert list_runs() == []


def test_nothing_is_found_before_anything_was_measured():
    assert find_probe("price", digits_config()) is None


def test_who_starts_what_is_under_way_joins_it(processes):
    first = start_probe("price", digits_config())
    second = start_probe("price", digits_config(seed=3), again=True)
    assert second.path == first.path
    assert len(processes) == 1
    start_probe("rate-range", digits_config())
    assert len(processes) == 2


def test_two_that_press_at_once_get_one_measurement(processes):
    threads = [threading.Thread(target=start_probe, args=("price", digits_config())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(processes) == 1


def test_a_result_is_told_for_the_epochs_of_who_asks(processes):
    end(start_probe("price", digits_config(training={"epochs": 4})))
    found = find_probe("price", digits_config(training={"epochs": 8}))
    assert found.state == "done"
    assert found.result().total_seconds == pytest.approx(5 + 8 * 1.5 + 2)
    assert start_probe("price", digits_config()).path == found.path
    assert len(processes) == 1


def test_measuring_again_replaces_the_result_and_keeps_it_until_then(processes):
    end(start_probe("price", digits_config()))
    again = start_probe("price", digits_config(), again=True)
    assert len(processes) == 2
    end(again, MEASURED.model_copy(update={"parameters": 99}))
    assert find_probe("price", digits_config()).price().parameters == 99


@pytest.mark.usefixtures("processes")
def test_a_result_of_yesterday_is_none():
    probe = start_probe("rate-range", digits_config())
    end(probe, RANGE)
    assert find_probe("rate-range", digits_config()).rate_range() == RANGE
    probe.write_status(JobStatus(state="done", heartbeat=time.time() - KEPT_SECONDS - 1))
    assert find_probe("rate-range", digits_config()) is None


@pytest.mark.parametrize("content", [None, b"{half"], ids=["told", "damaged"])
@pytest.mark.usefixtures("processes")
def test_a_failure_of_yesterday_is_none(content):
    probe = start_probe("price", digits_config())
    probe.write_status(JobStatus(state="failed", heartbeat=time.time(), error="The memory did not suffice."))
    if content is not None:
        (probe.path / "status.json").write_bytes(content)
    assert find_probe("price", digits_config()).state == "failed"
    long_ago = time.time() - KEPT_SECONDS - 1
    if content is None:
        probe.write_status(JobStatus(state="failed", heartbeat=long_ago, error="The memory did not suffice."))
    for path in probe.path.iterdir():
        os.utime(path, (long_ago, long_ago))
    assert find_probe("price", digits_config()) is None


@pytest.mark.usefixtures("processes")
def test_a_file_that_vanishes_meanwhile_does_not_keep_a_measurement_from_starting(monkeypatch):
    beating = start_probe("price", digits_config())
    gone = beating.path / ".status.json.a1b2"
    plain = Path.iterdir

    def listed_a_moment_ago(path):
        return iter([*plain(path), gone]) if path == beating.path else plain(path)

    monkeypatch.setattr(Path, "iterdir", listed_a_moment_ago)
    monkeypatch.setattr(
        Path,
        "glob",
        lambda path, pattern, glob=Path.glob: (
            listed_a_moment_ago(path) if path == beating.path else glob(path, pattern)
        ),
    )
    assert start_probe("rate-range", digits_config()).is_active
    assert beating.is_active


def test_without_a_process_there_is_no_measurement(monkeypatch):
    def refuse(*_arguments):
        raise CnnLabError("The process could not be started.")

    monkeypatch.setattr(store, "start_process", refuse)
    with pytest.raises(CnnLabError, match="could not be started"):
        start_probe("price", digits_config())
    assert find_probe("price", digits_config()) is None


@pytest.mark.usefixtures("processes")
def test_a_run_s_record_is_measured_by_its_settings():
    from cnn_core.data.catalogue import dataset_card
    from cnn_core.runs.record import new_record

    config = digits_config()
    start_probe("price", new_record(config, dataset_card("digits")))
    assert type(find_probe("price", config).request().config) is RunConfig


# Ends of every kind


@pytest.mark.usefixtures("processes")
def test_a_cancelled_measurement_is_as_if_it_had_not_been():
    probe = start_probe("price", digits_config())
    probe.cancel()
    probe.cancel()
    assert probe.state == "cancelled"
    assert find_probe("price", digits_config()) is None
    assert start_probe("price", digits_config()).path != probe.path


@pytest.mark.usefixtures("processes")
def test_cancelling_what_has_ended_changes_nothing():
    probe = start_probe("price", digits_config())
    end(probe)
    probe.cancel()
    assert find_probe("price", digits_config()).state == "done"


@pytest.mark.usefixtures("processes")
def test_a_process_that_fell_silent_is_told_and_can_be_started_again():
    probe = start_probe("price", digits_config())
    probe.write_status(JobStatus(heartbeat=time.time() - 60))
    found = find_probe("price", digits_config())
    assert found.state == "failed"
    assert "not been heard of for 60 s" in found.error
    assert "Start it again" in found.error
    assert start_probe("price", digits_config()).path != probe.path


@pytest.mark.parametrize("content", [b"", b"{half", b'{"state": "odd"}'])
@pytest.mark.parametrize("name", ["status.json", "result.json"])
@pytest.mark.usefixtures("processes")
def test_a_damaged_file_is_told(name, content):
    probe = start_probe("price", digits_config())
    end(probe)
    (probe.path / name).write_bytes(content)
    assert probe.state == "failed"
    assert "Start it again" in probe.error
    if name == "result.json":
        with pytest.raises(RunError, match="Start it again"):
            probe.price()


def test_a_directory_that_asks_for_nothing_is_told(tmp_path):
    with pytest.raises(RunError, match=r"request\.json.*is missing"):
        open_probe(tmp_path)


@pytest.mark.usefixtures("processes")
def test_a_folder_that_cannot_be_written_is_told(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CNN_LAB_RUNS", str(tmp_path / "file"))
    with pytest.raises(StorageError):
        start_probe("price", digits_config())
    assert find_probe("price", digits_config()) is None


@pytest.mark.usefixtures("processes")
def test_old_measurements_are_cleaned_away_and_those_under_way_are_not():
    old = start_probe("price", digits_config(training={"batch_size": 8}))
    end(old)
    under_way = start_probe("price", digits_config(training={"batch_size": 9}))
    ended = start_probe("price", digits_config(training={"batch_size": 10}))
    end(ended)
    long_ago = time.time() - KEPT_SECONDS - 10
    for path in old.path.iterdir():
        os.utime(path, (long_ago, long_ago))
    start_probe("price", digits_config())
    assert not old.path.exists()
    assert under_way.path.exists()
    assert ended.path.exists()


@pytest.mark.usefixtures("processes")
def test_the_folder_does_not_grow_without_end():
    for size in range(1, MOST_KEPT + 10):
        end(start_probe("price", digits_config(training={"batch_size": size})))
    kept = [path for path in probes.probes_folder().iterdir() if path.is_dir()]
    assert len(kept) <= MOST_KEPT + 1
    assert find_probe("price", digits_config(training={"batch_size": MOST_KEPT + 9})) is not None


# With a real process


def process_of(probe: Probe) -> psutil.Process:
    for process in psutil.process_iter(["cmdline"]):
        if str(probe.path) in (process.info["cmdline"] or []):
            return process
    raise AssertionError("no process")


def wait_until(is_true, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_price_of_a_run_is_measured_by_a_process_of_its_own():
    probe = start_probe("price", digits_config())
    wait_until(lambda: not probe.is_active, seconds=180)
    assert probe.state == "done", f"{probe.error}\n{probe.log()}"
    price = probe.price()
    # 64·256 + 256 + 256·128 + 128 + 128·10 + 10
    assert price.parameters == 50_826
    assert 0 < price.step_seconds < 1
    assert price.start_seconds > 0.5
    assert price.total_seconds > price.start_seconds + 2 * price.epoch_seconds
    # TensorFlow alone takes more than 200 MB.
    assert 2e8 < price.memory_bytes < 2e10


def test_cancelling_ends_the_process_at_once():
    probe = start_probe("price", digits_config())
    process = process_of(probe)
    wait_until(lambda: probe.status().heartbeat > probe.request().created)
    probe.cancel()
    process.wait(timeout=10)
    assert find_probe("price", digits_config()) is None


def test_a_killed_process_is_told(monkeypatch):
    probe = start_probe("rate-range", digits_config())
    wait_until(lambda: probe.status().heartbeat > probe.request().created)
    process_of(probe).send_signal(signal.SIGKILL)
    monkeypatch.setattr("cnn_core.jobs.job.LOST_AFTER_SECONDS", 2.0)
    wait_until(lambda: not probe.is_active)
    assert "killed" in find_probe("rate-range", digits_config()).error


def test_a_probe_of_a_dataset_that_is_not_here_says_so():
    probe = start_probe("price", replace(digits_config(), dataset="mnist", model={"enlarge_to": None}))
    wait_until(lambda: not probe.is_active)
    assert probe.state == "failed"
    assert "MNIST" in probe.error
    assert "Traceback" not in probe.error


def test_a_failure_is_told_in_words():
    class ResourceExhaustedError(Exception):
        pass

    for error in (MemoryError(), ResourceExhaustedError("OOM when allocating tensor")):
        assert explain_failure(error, Path("here")) == OUT_OF_MEMORY
    told = explain_failure(KeyError("units"), Path("here"))
    assert "KeyError: 'units'" in told
    assert "log.txt in 'here'" in told
