"""The kernel that the page computes with: one by name, one's own numbers, or one that a network has learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.errors import ConfigError
from cnn_core.learn.kernels import KERNELS, SIDES, format_kernel, parse_kernel, resized_kernel
from cnn_core.runs.directory import Run
from cnn_core.runs.store import SHOWCASE, find_run
from pages.parts import cached
from pages.parts.address import correct, one_of, whole_number
from pages.parts.choose_run import choose_run
from pages.parts.learn.views import choose
from pages.parts.words import plain, run_name

DEFAULT = "sobel-vertical"
OWN, LEARNED = "own", "learned"
_TITLES = {**{name: kernel.title for name, kernel in KERNELS.items()}, OWN: "Your own numbers", LEARNED: "Learned ones"}
_NUMBERS, _FILTER = "numbers", "filter"
_PROBLEM = "learn-kernel-problem"


@dataclass(frozen=True, eq=False)
class ChosenKernel:
    """A kernel and what is said of it.

    Attributes:
        title: What it is called.
        weights: (side, side) float64.
        why: What it does.
    """

    title: str
    weights: np.ndarray
    why: str

    @property
    def is_editable(self) -> bool:
        """Whether its numbers can be changed one by one, and become one's own."""
        return len(self.weights) in SIDES

    @property
    def has_negatives(self) -> bool:
        """Whether what comes of it may be negative."""
        return bool((self.weights < 0).any())


def choose_kernel() -> None:
    """Let a person choose a kernel."""
    name = _name()
    st.session_state["learn-kernel"] = name
    st.selectbox(
        "Kernel", list(_TITLES), format_func=_TITLES.__getitem__, key="learn-kernel", on_change=_write, width=220
    )
    if name == OWN:
        _choose_side()


def choose_learned() -> None:
    """Let a person choose the run and the filter, where the kernel is a learned one.

    Raises:
        RunError: The run has no convolution, or its files are damaged.
    """
    if _name() != LEARNED:
        return
    # Of the one run the answer comes from, too.
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.container(width=560):
            run = choose_run("model", preferred=SHOWCASE, on_choose=lambda run_id: choose(run=run_id, filter=None))
        count = len(_learned(run)[0])
        st.session_state["learn-filter"] = _filter(count) + 1
        words = "A kernel of a network is also called a filter. Each of them makes a feature map of its own."
        label = f"Filter, 1 to {count}"
        st.number_input(label, 1, count, key="learn-filter", on_change=_write_filter, width=150, help=words)


def chosen_kernel() -> ChosenKernel:
    """The kernel that the address asks for.

    Raises:
        RunError: It is a learned one, and the run has none, or is not here.
    """
    name = _name()
    if name == LEARNED:
        return _learned_kernel()
    if name == OWN:
        return ChosenKernel(_TITLES[OWN], _own_weights(), "What it finds is what it looks like: try to guess it first.")
    kernel = KERNELS[name]
    return ChosenKernel(kernel.title, kernel.weights, kernel.why)


def edit(text: str) -> None:
    """Take numbers over that were typed into the kernel, or tell what is wrong with them; for callbacks."""
    try:
        choose(kernel=OWN, numbers=format_kernel(parse_kernel(text)))
    except ConfigError as error:
        st.session_state[_PROBLEM] = str(error)


def tell_problem() -> None:
    """Say, once, why numbers that were typed are not taken over."""
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(f"{problem} The result below still belongs to the kernel before."), icon=":material/error:")


def _name() -> str:
    return one_of("kernel", tuple(_TITLES), default=DEFAULT)


def _write() -> None:
    name, before = st.session_state["learn-kernel"], chosen_kernel() if _name() != LEARNED else None
    numbers = None
    if name == OWN:
        weights = before.weights if before is not None and before.is_editable else KERNELS["identity"].weights
        numbers = format_kernel(weights)
    choose(kernel=None if name == DEFAULT else name, numbers=numbers, filter=None)


def _choose_side() -> None:
    side = len(_own_weights())
    st.session_state["learn-side"] = side
    st.segmented_control(
        "Size",
        SIDES,
        format_func=lambda one: f"{one}×{one}",
        key="learn-side",
        required=True,
        on_change=lambda: choose(numbers=format_kernel(resized_kernel(_own_weights(), st.session_state["learn-side"]))),
    )


def _own_weights() -> np.ndarray:
    asked = st.query_params.get(_NUMBERS)
    if asked is None:
        return KERNELS["identity"].weights
    try:
        return parse_kernel(asked)
    except ConfigError as error:
        correct(_NUMBERS, None, str(error)[:1].lower() + str(error)[1:].rstrip("."))
        return KERNELS["identity"].weights


def _learned_kernel() -> ChosenKernel:
    run = find_run(st.query_params.get("run", SHOWCASE))
    weights, channels = _learned(run)
    number = _filter(len(weights))
    why = f"What {run_name(run, run.record())} has learned by itself; nobody told it what to look for."
    if channels > 1:
        why += (
            f" Its pictures have {channels} channels and this one is grey: the weights of the channels are added up, "
            "which gives the same for a picture whose channels are all alike."
        )
    return ChosenKernel(f"Learned kernel {number + 1}", weights[number], why)


def _learned(run: Run) -> tuple[np.ndarray, int]:
    from cnn_core.learn.learned_kernels import first_kernels

    with st.spinner("Loading the network…"):
        found = first_kernels(cached.network(run).model)
    return found.weights, found.channels


def _filter(count: int) -> int:
    """Which filter is asked for, from 0."""
    return whole_number(_FILTER, default=1, least=1, most=count) - 1


def _write_filter() -> None:
    choose(filter=str(st.session_state["learn-filter"]))
