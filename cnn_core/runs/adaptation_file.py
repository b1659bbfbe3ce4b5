"""``adaptation.npz``: what a run's network has of its own for people's photos and drawings. It needs no dataset."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from cnn_core.errors import RunError
from cnn_core.inference.outliers import Outliers
from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.files import sha256_of, write_atomically
from cnn_core.runs.outliers_file import pack_outliers, unpack_outliers

# Raised when an older reader could no longer understand the file.
FORMAT = 1
_WEIGHTS = "weights/"


class AdaptationFacts(BaseModel):
    """How a network was adapted, and what came of it.

    Accuracies are in [0, 1], of the images that the run watches: as if cut out of photos, and with made-up sketches of
    the same classes in their places.

    Attributes:
        epochs: Over the training images, shown so.
        parameters: Numbers that the network has twice: once for the dataset's images, once for people's pictures.
        photo_accuracy_before: As photos, by the network as it was.
        photo_accuracy_after: As photos, by the weights for pictures.
        sketch_accuracy_before: As sketches, by the network as it was.
        sketch_accuracy_after: As sketches, by the weights for pictures.
        seconds: That it took.
    """

    model_config = ConfigDict(frozen=True)

    epochs: int
    parameters: int
    photo_accuracy_before: float
    photo_accuracy_after: float
    sketch_accuracy_before: float
    sketch_accuracy_after: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Adaptation:
    """What takes the place of some layers' weights where a network answers for people's photos and drawings.

    Attributes:
        weights: By the layer's name, in the order of its weights; float32.
        temperature: By which the logits are divided then.
        outliers: What is strange to the network then; ``None`` where its features are not finite numbers, or where it
            was found by another version.
        facts: How it came to be.
    """

    weights: dict[str, list[np.ndarray]]
    temperature: float
    outliers: Outliers | None
    facts: AdaptationFacts


def read_adaptation(run: Run) -> Adaptation | None:
    """What a run's network has of its own for people's pictures.

    Returns:
        ``None`` where there is nothing, or where it is of an earlier network: the run was trained on since.

    Raises:
        RunError: The file is damaged or of another version; or the run has no network.
    """
    path = run.path / directory.ADAPTATION
    if not path.is_file():
        return None
    try:
        return unpack_adaptation(path.read_bytes(), sha256_of(run.model_path()))
    except (OSError, ValueError) as error:
        raise RunError(
            f"What run '{run.id}' was taught of people's pictures cannot be read: '{path.name}' is damaged or of "
            f"another version ({error}). Delete the file '{path}' and teach the run again, or restore it."
        ) from error


def write_adaptation(run: Run, adaptation: Adaptation, network: str) -> None:
    """Keep it with the run.

    Args:
        run: The run.
        adaptation: What is kept.
        network: SHA-256 of the file of the network that was adapted.

    Raises:
        StorageError: It cannot be written. What was there is as it was.
    """
    write_atomically(run.path / directory.ADAPTATION, pack_adaptation(adaptation, network))


def pack_adaptation(adaptation: Adaptation, network: str) -> bytes:
    """The content of the file; arguments as of :func:`write_adaptation`."""
    arrays: dict[str, np.ndarray] = {
        "format": np.array(FORMAT),
        "network": np.array(network),
        "facts": np.array(adaptation.facts.model_dump_json()),
        "temperature": np.array(adaptation.temperature),
    }
    if adaptation.outliers is not None:
        arrays["outliers"] = np.frombuffer(pack_outliers(adaptation.outliers, network), np.uint8)
    for layer, weights in adaptation.weights.items():
        arrays |= {f"{_WEIGHTS}{layer}/{place}": weight for place, weight in enumerate(weights)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpack_adaptation(content: bytes, network: str) -> Adaptation | None:
    """What :func:`pack_adaptation` packed; ``None`` where it is of another network.

    Raises:
        ValueError: The content is damaged, or of another version.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            if int(arrays["format"]) != FORMAT:
                raise ValueError(f"its format is {arrays['format']}, this version reads {FORMAT}")
            if str(arrays["network"]) != network:
                return None
            weights: dict[str, list[np.ndarray]] = {}
            # As many as were packed, in their order: NumPy keeps it.
            for name in arrays.files:
                if name.startswith(_WEIGHTS):
                    layer = name.removeprefix(_WEIGHTS).rpartition("/")[0]
                    weights.setdefault(layer, []).append(arrays[name])
            outliers = unpack_outliers(arrays["outliers"].tobytes(), network) if "outliers" in arrays else None
            found = Adaptation(
                weights,
                temperature=float(arrays["temperature"]),
                outliers=outliers,
                facts=AdaptationFacts.model_validate_json(str(arrays["facts"])),
            )
    except Exception as error:  # NumPy, zipfile and zlib raise whatever they stumble on.
        raise ValueError(str(error) or type(error).__name__) from error
    is_finite = all(np.isfinite(weight).all() for parts in weights.values() for weight in parts)
    if not (weights and is_finite and 0 < found.temperature < float("inf")):
        raise ValueError("it holds no usable weights")
    return found
