"""A page that is drawn again finds what TensorFlow has compiled for it."""

import sys
from types import ModuleType

from tensorflow.python.eager.context import Context  # noqa: TID253 - what is tested is about it

from tests.app.test_learn_networks import run_of


def test_no_run_of_a_page_throws_compiled_graphs_away(visit, monkeypatch):
    app = visit("learn.py", show="Answer", run=run_of("tutorial-cnn").id)
    cleared = []
    monkeypatch.setattr(Context, "clear_kernel_cache", lambda _: cleared.append(1))
    app.run()
    assert not app.exception
    assert not cleared


def test_a_page_that_is_drawn_while_another_one_imports_keras_is_drawn(visit, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", ModuleType("keras"))
    assert not visit().exception
