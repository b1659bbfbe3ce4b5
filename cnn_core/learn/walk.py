"""The way of one picture through a Keras network, station by station. Importing this module imports TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnn_core.errors import ConfigError, RunError
from cnn_core.evaluation.measures import softmax
from cnn_core.explain.kinds import with_inner
from cnn_core.learn.keras_steps import steps_of
from cnn_core.learn.operations import Show
from cnn_core.learn.stations import Maps, Station, find_station
from cnn_core.learn.titles import Titles
from cnn_core.models.transfer import block_number


@dataclass(frozen=True, eq=False)
class _Stop:
    """A station, and what computes it from the outputs of earlier ones, by their names."""

    station: Station
    compute: Callable[[dict[str, Any]], Any]


class Walk:
    """The way through a network; its graph is compiled at the first picture.

    Everything is computed by Keras's own layers, in float32 even where the model was saved with another precision.
    Submodels are opened: their layers are stations like the others. The weights are the model's, not copies.

    Args:
        model: A functional or sequential model from (N, H, W, C) uint8 to (N, classes) logits.

    Attributes:
        stations: From the picture to the logits; a station stands behind all that feed it.
        model: The one that was given.

    Raises:
        RunError: The model is of another sort.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        graph = _graph(_in_float32(model))
        if graph is None or len(graph.inputs) != 1 or len(graph.outputs) != 1:
            raise RunError(
                "This network cannot be walked through: it is no chain of layers from one picture to one answer. "
                "Choose another run."
            )
        self._stops = tuple(_Stops(graph).all())
        self.stations = tuple(stop.station for stop in self._stops)
        self._last = self.stations[-1].name
        spec = tf.TensorSpec(self.stations[0].shape, tf.uint8)
        self._maps: Any = tf.function(self._of_one, input_signature=[spec], autograph=False)

    def station(self, name: str) -> Station:
        """The station of that name.

        Raises:
            ConfigError: There is none.
        """
        return find_station(self.stations, name)

    def maps(self, image: np.ndarray, names: Collection[str] | None = None) -> Maps:
        """The numbers at the stations for one picture, from one call of the network. Safe from many threads.

        Args:
            image: (H, W, C) uint8, as the network was trained on.
            names: The stations to keep; all of them if None. All are computed at any rate, but keeping those of a
                large network takes memory (ResNet50V2: 23 MB for 96 pixels a side, 126 MB for 224).

        Returns:
            Also the logits and their probabilities. They differ from what :class:`cnn_core.inference.network.Network`
            gives in the last digits at most: here nothing is fused with what comes behind it.

        Raises:
            ConfigError: The picture has another shape, or there is no such station.
            RunError: The network's answers are no numbers.
        """
        kept = [station.name for station in self.stations] if names is None else list(names)
        for name in kept:
            self.station(name)
        shape = self.stations[0].shape
        if image.shape != shape or image.dtype != np.uint8:
            raise ConfigError(
                f"This network takes pictures of the shape {shape} in uint8; it was given {image.shape} in "
                f"{image.dtype}. Prepare the picture for this network first."
            )
        found = self._maps(tf.constant(image))
        # What TensorFlow gives may be a part of something larger, which would live as long: so it is copied.
        values = {name: _read_only(np.array(found[name], np.float32)) for name in kept}
        logits = _read_only(np.array(found[self._last]))
        if not np.isfinite(logits).all():
            raise RunError(
                "The network of this run does not answer with numbers: its training went astray. Choose another run, "
                "or train it again with a lower learning rate."
            )
        return Maps(values, logits, _read_only(softmax(logits[None])[0]))

    def compute(self, images: Any, names: Collection[str]) -> dict[str, Any]:
        """Some stations on tensors, for graphs and gradients. What they do not need is not computed.

        Args:
            images: Tensor (N, H, W, C), uint8 or floating, of brightnesses from 0 to 255.
            names: Of stations.

        Returns:
            By name: tensor (N, …) float32.
        """
        needed = set(names)
        for station in reversed(self.stations):
            if station.name in needed:
                needed.update(station.sources)
        values = {self.stations[0].name: images}
        for stop in self._stops[1:]:
            if stop.station.name in needed:
                values[stop.station.name] = stop.compute(values)
        return {name: values[name] for name in names}

    def _of_one(self, image: Any) -> dict[str, Any]:
        # Twice, as in inference.network.in_company: a lone image gets other last digits.
        found = self.compute(tf.stack([image, image]), [station.name for station in self.stations])
        return {name: value[0] for name, value in found.items()}


class _Stops:
    """Reads a functional model, the submodels in it too."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._titles = Titles()
        self._names: set[str] = set()
        # By the identity of Keras's symbolic tensors: the station that computes one; and those that are the answer.
        self._made_by: dict[int, Station] = {}
        self._answers = {id(graph.outputs[0])}

    def all(self) -> Iterator[_Stop]:
        start = self._graph.inputs[0]
        layer = start._keras_history.operation.name
        picture = self._station(layer, layer, Show(), start.shape[1:], (), is_last=False)
        self._made_by[id(start)] = picture
        yield _Stop(picture, lambda values: values[picture.name])
        yield from self._inside(self._graph)

    def _inside(self, graph: Any) -> Iterator[_Stop]:
        # As Keras runs it: what is farthest from the output first.
        for depth in sorted(graph._nodes_by_depth, reverse=True):
            for node in graph._nodes_by_depth[depth]:
                if node.is_input:
                    continue
                inner = _graph(node.operation)
                if inner is None:
                    yield from self._at(node)
                    continue
                for own, given in zip(inner.inputs, node.input_tensors, strict=True):
                    self._made_by[id(own)] = self._made_by[id(given)]
                if id(node.outputs[0]) in self._answers:
                    self._answers.add(id(inner.outputs[0]))
                yield from self._inside(inner)
                for own, given in zip(node.outputs, inner.outputs, strict=True):
                    self._made_by[id(own)] = self._made_by[id(given)]

    def _at(self, node: Any) -> Iterator[_Stop]:
        layer = node.operation
        if len(node.outputs) != 1:
            raise RunError(f"This network cannot be walked through: its layer '{layer.name}' has several outputs.")
        sources = [self._made_by[id(tensor)] for tensor in node.input_tensors]
        steps = steps_of(layer, [source.shape for source in sources])
        (output,) = node.outputs
        is_answer = id(output) in self._answers
        for number, step in enumerate(steps):
            names = tuple(source.name for source in sources)
            is_last = is_answer and number == len(steps) - 1
            station = self._station(
                f"{layer.name}{step.suffix}", layer.name, step.operation, output.shape[1:], names, is_last=is_last
            )
            compute = _first_step(node, names, step.compute) if number == 0 else _next_step(names[0], step.compute)
            yield _Stop(station, compute)
            sources = [station]
        self._made_by[id(output)] = station

    def _station(
        self, name: str, layer: str, operation: Any, shape: Any, sources: tuple[str, ...], *, is_last: bool
    ) -> Station:
        title = self._titles.title(operation, layer, tuple(shape), is_last=is_last)
        return Station(self._unique(name), layer, title, tuple(shape), block_number(layer), sources, operation)

    def _unique(self, name: str) -> str:
        """The name; numbered where another submodel has such a layer, or a layer is used again."""
        found, number = name, 1
        while found in self._names:
            number += 1
            found = f"{name}_{number}"
        self._names.add(found)
        return found


def _first_step(node: Any, names: tuple[str, ...], compute: Callable[..., Any]) -> Callable[[dict[str, Any]], Any]:
    tensors = [id(tensor) for tensor in node.input_tensors]

    def computed(values: dict[str, Any]) -> Any:
        args, kwargs = node.arguments.fill_in(dict(zip(tensors, (values[name] for name in names), strict=True)))
        return compute(*args, **kwargs)

    return computed


def _next_step(name: str, compute: Callable[..., Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda values: compute(values[name])


def _graph(model: Any) -> Any:
    """The functional model that something is, or consists of; None for layers and for models of other sorts."""
    if isinstance(model, keras.Sequential):
        return model._functional
    return model if isinstance(model, keras.Model) and hasattr(model, "_nodes_by_depth") else None


def _in_float32(model: keras.Model) -> keras.Model:
    """The model, or a copy where it computes in another precision."""
    if all(_is_float32(layer) for layer in with_inner(model)):
        return model

    def copied(layer: Any) -> Any:
        return layer.__class__.from_config({**layer.get_config(), "dtype": "float32"})

    copy = keras.models.clone_model(model, clone_function=copied, recursive=True)
    copy.set_weights(model.get_weights())
    return copy


def _is_float32(layer: Any) -> bool:
    return layer.compute_dtype == "float32" or isinstance(layer, (keras.layers.InputLayer, keras.Model))


def _read_only(values: np.ndarray) -> np.ndarray:
    values.setflags(write=False)
    return values
