"""Which precision a training computes in: as asked, or as the processor's facts say."""

import pytest

from cnn_core.config import TrainingConfig
from cnn_core.training import precision
from cnn_core.training.precision import multiplies_bfloat16, precision_here

FACTS = "processor : 0\nmodel name : A\nflags : fpu sse2 {flags} fma\nprocessor : 1\nflags : fpu sse2 {flags} fma\n"


@pytest.fixture(autouse=True)
def anew():
    multiplies_bfloat16.cache_clear()
    yield
    multiplies_bfloat16.cache_clear()


def on(monkeypatch, path, flags, system="Linux"):
    path.write_text(FACTS.format(flags=flags))
    monkeypatch.setattr(precision, "_CPU_FACTS", path)
    monkeypatch.setattr(precision.platform, "system", lambda: system)


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ("avx512f avx512_bf16", "bfloat16"),
        ("amx_bf16 amx_tile", "bfloat16"),
        ("avx512f", "float32"),
        ("avx512_bf16x", "float32"),
    ],
)
def test_auto_is_what_suits_the_processor(flags, found, monkeypatch, tmp_path):
    on(monkeypatch, tmp_path / "cpuinfo", flags)
    assert precision_here(TrainingConfig(precision="auto")) == found


def test_elsewhere_than_on_linux_and_where_nothing_is_said_auto_is_float32(monkeypatch, tmp_path):
    on(monkeypatch, tmp_path / "cpuinfo", "avx512_bf16", system="Darwin")
    assert precision_here(TrainingConfig(precision="auto")) == "float32"
    multiplies_bfloat16.cache_clear()
    on(monkeypatch, tmp_path / "cpuinfo", "avx512_bf16")
    (tmp_path / "cpuinfo").unlink()
    assert precision_here(TrainingConfig(precision="auto")) == "float32"


@pytest.mark.parametrize("asked", ["float32", "bfloat16"])
@pytest.mark.parametrize("flags", ["avx512_bf16", ""])
def test_what_is_asked_for_is_done(asked, flags, monkeypatch, tmp_path):
    on(monkeypatch, tmp_path / "cpuinfo", flags)
    assert precision_here(TrainingConfig(precision=asked)) == asked
