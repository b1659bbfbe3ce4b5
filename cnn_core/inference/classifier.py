"""Pictures → answers. Knows how a picture becomes an input and how logits become an answer; not how a network works."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import compress, islice, tee
from typing import TYPE_CHECKING, Annotated, NotRequired

import numpy as np
from pydantic import Field

# Pydantic describes this one also on Python 3.11.
from typing_extensions import TypedDict

from cnn_core.errors import PictureError, RunError
from cnn_core.evaluation.measures import energy, softmax
from cnn_core.images.choices import AUTOMATIC, Choices
from cnn_core.images.decode import Picture
from cnn_core.images.kind import Kind
from cnn_core.images.prepare import Prepared, prepare
from cnn_core.inference.outliers import SCORE_IN_WORDS, Outliers
from cnn_core.runs.adaptation_file import read_adaptation
from cnn_core.runs.directory import Run
from cnn_core.runs.outliers_file import read_outliers
from cnn_core.runs.record import DataFacts

if TYPE_CHECKING:
    from cnn_core.inference.network import Network

ENERGY_IN_WORDS = (
    "Of a run that an older version evaluated: energy of the logits, minus the logarithm of their summed exponentials, "
    "which the threshold of the run's report limits"
)

# Pictures that the network is asked for in one call: enough to be quick, few enough to show progress.
_AT_A_TIME = 16
# Pictures that one caller has in the queue of those to prepare: another caller's picture waits for these at most.
_AHEAD = 4


@dataclass(frozen=True)
class Guess:
    """A class and its probability in [0, 1]."""

    label: str
    probability: float


class GuessRow(TypedDict):
    """A class and its probability."""

    label: str
    probability: Annotated[float, Field(ge=0, le=1)]


class AnswerRow(TypedDict):
    """One picture's answer as ``predict --json`` prints it; ``error`` is set where there is no answer."""

    file: Annotated[str, Field(description="the picture's name, as it was sent")]
    label: Annotated[str | None, Field(description="the most probable class; null where there is no answer")]
    confidence: Annotated[float | None, Field(ge=0, le=1, description="the probability of that class")]
    top: Annotated[list[GuessRow], Field(description="the most probable classes, the most probable first")]
    outlier: Annotated[
        bool,
        Field(description="whether it is probably none of the classes; false also where 'judged' is"),
    ]
    outlier_score: Annotated[float | None, Field(description=f"{SCORE_IN_WORDS}. {ENERGY_IN_WORDS}")]
    error: Annotated[str | None, Field(description="what is wrong with the picture; null where it was answered")]
    judged: NotRequired[
        Annotated[
            bool,
            Field(
                description="whether it can be told that it is none of the classes: false for photos and drawings "
                "where the network learned from the dataset's images alone, and where there is no answer"
            ),
        ]
    ]


@dataclass(frozen=True)
class Answer:
    """What the network says of one picture.

    Attributes:
        prepared: The picture as the network saw it, and how it came to be.
        guesses: All classes, the most probable first.
        outlier_score: Higher is stranger: :data:`SCORE_IN_WORDS`, or, without outliers, :data:`ENERGY_IN_WORDS`.
        is_outlier: Whether it is probably none of the classes.
        is_judged: Whether that can be told. To a network that learned from the dataset's images alone, any photo and
            any drawing is strange, whatever it shows; one that was taught some can tell.
        is_adapted: Whether the network answered with the weights that it has for people's pictures alone.
    """

    prepared: Prepared
    guesses: tuple[Guess, ...]
    outlier_score: float
    is_outlier: bool
    is_judged: bool = True
    is_adapted: bool = False

    @property
    def best(self) -> Guess:
        """The most probable class."""
        return self.guesses[0]

    def row(self, file: str, top: int) -> AnswerRow:
        """The answer as plain data, with the ``top`` most probable classes."""
        return {
            "file": file,
            "label": self.best.label,
            "confidence": self.best.probability,
            "top": [{"label": guess.label, "probability": guess.probability} for guess in self.guesses[:top]],
            "outlier": self.is_outlier,
            "outlier_score": self.outlier_score,
            "error": None,
            "judged": self.is_judged,
        }


def error_row(file: str, error: str) -> AnswerRow:
    """The row of a picture that cannot be answered."""
    return {
        "file": file,
        "label": None,
        "confidence": None,
        "top": [],
        "outlier": False,
        "outlier_score": None,
        "error": error,
        "judged": False,
    }


@dataclass(frozen=True)
class Classifier:
    """Answers for pictures of any kind.

    Attributes:
        logits: From (N, height, width, channels) uint8 to (N, classes) float32.
        data: Classes, and what the dataset's images look like.
        outlier_threshold: Energy above which a picture is called an outlier where there are no ``outliers``; ``None``:
            never.
        temperature: By which the logits are divided before they become probabilities. The energy is that of the
            logits as they are: the threshold was found so.
        outliers: What is strange to the network; ``None`` where the run was evaluated by an older version.
        features: What ``outliers`` compares, from (N, height, width, channels) uint8 to (N, features) float32.
        adapted: What answers for photos and drawings in its place; ``None``: it answers for all itself.
    """

    logits: Callable[[np.ndarray], np.ndarray]
    data: DataFacts
    outlier_threshold: float | None
    temperature: float = 1.0
    outliers: Outliers | None = None
    features: Callable[[np.ndarray], np.ndarray] | None = None
    adapted: Classifier | None = None

    def classify(self, picture: Picture, choices: Choices = AUTOMATIC) -> Answer:
        """Answer for one picture.

        Args:
            picture: Any picture.
            choices: What a person decided by hand on its way to the network.

        Raises:
            PictureError: There is nothing in the picture.
            RunError: The network's answers are no numbers.
        """
        return self.answers([prepare(picture, self.data.frame, choices)])[0]

    def answers(self, prepared: Sequence[Prepared]) -> list[Answer]:
        """Answer for pictures that were prepared for this network's frame, in one call of the network.

        Where it was taught people's pictures, in two: one for those, one for what looks like the dataset's images.

        Raises:
            RunError: The network's answers are no numbers.
        """
        if self.adapted is None:
            return self._answers(prepared)
        are_pictures = [picture.is_photo_or_drawing for picture in prepared]
        own = self._answers(list(compress(prepared, [not one for one in are_pictures])))
        theirs = self.adapted._answers(list(compress(prepared, are_pictures)))
        next_own, next_theirs = iter(own), iter(replace(one, is_adapted=True) for one in theirs)
        return [next(next_theirs if is_picture else next_own) for is_picture in are_pictures]

    def _answers(self, prepared: Sequence[Prepared]) -> list[Answer]:
        if not prepared:
            return []
        images = np.stack([picture.image for picture in prepared])
        logits = self.logits(images)
        if not np.isfinite(logits).all():
            raise RunError(
                "The network of this run does not answer with numbers: its training went astray. Choose another run, "
                "or train it again with a lower learning rate."
            )
        probabilities = softmax(logits / np.float32(self.temperature))
        held_to = [self._held_to(picture) for picture in prepared]
        scores, limit = self._strangeness(images, logits, held_to)
        return [
            Answer(
                prepared=picture,
                guesses=tuple(
                    Guess(self.data.class_names[i], float(row[i])) for i in np.argsort(-row, kind="stable").tolist()
                ),
                outlier_score=float(score),
                is_outlier=kind is not None and limit is not None and float(score) > limit,
                is_judged=kind is not None,
            )
            for picture, row, score, kind in zip(prepared, probabilities, scores, held_to, strict=True)
        ]

    def _held_to(self, picture: Prepared) -> Kind | None:
        """The sort of images whose outlier limit holds for a picture; ``None``: the network has none for such."""
        # In a small picture nothing can be cut out well: it is held to what the dataset's own images are like.
        if picture.is_small:
            return "dataset"
        if self.outliers is not None and self.outliers.has_own(picture.kind):
            return picture.kind
        frame = self.data.frame
        is_plain_drawing = picture.kind == "drawing" and not frame.is_filled
        comes_alike = picture.kind == "dataset" or frame.background == "natural" or is_plain_drawing
        return "dataset" if comes_alike else None

    def _strangeness(
        self, images: np.ndarray, logits: np.ndarray, held_to: Sequence[Kind | None]
    ) -> tuple[np.ndarray, float | None]:
        """The outlier scores, and that above which there is an outlier."""
        if self.outliers is None or self.features is None:
            return energy(logits), self.outlier_threshold
        return self.outliers.scores(self.features(images), [kind or "dataset" for kind in held_to]), 1.0

    def classify_many(self, pictures: Iterable[Picture | Callable[[], Picture]]) -> Iterator[Answer | PictureError]:
        """Answer for many pictures: as :meth:`classify` does for each, several times as fast, in little memory.

        Args:
            pictures: Each decoded, or what reads it. They are asked for as they are needed; reading and preparing
                them happens in two threads, which all callers share, a few ahead of the network, which is asked for
                16 at a time.

        Yields:
            In the order of the pictures: the answer, without the stages of its picture, or what is wrong with it.

        Raises:
            RunError: The network's answers are no numbers.
        """
        source = iter(pictures)
        waiting: deque[Future[Prepared | PictureError]] = deque()
        found: list[Prepared | PictureError] = []
        try:
            while True:
                # While the network answers, the next ones are prepared.
                ahead = islice(source, _AHEAD - len(waiting))
                waiting.extend(_threads().submit(self._prepared, picture) for picture in ahead)
                is_over = not waiting
                if not is_over:
                    found.append(waiting.popleft().result())
                if is_over or len(found) == _AT_A_TIME:
                    answers = iter(self.answers([one for one in found if isinstance(one, Prepared)]))
                    for one in found:
                        yield next(answers) if isinstance(one, Prepared) else one
                    found.clear()
                if is_over:
                    return
        finally:
            for future in waiting:
                future.cancel()

    def rows(self, pictures: Iterable[tuple[str, Callable[[], Picture]]], top: int) -> Iterator[AnswerRow]:
        """Answer for many pictures in plain data: what ``predict --json`` prints, and what the API gives.

        Args:
            pictures: The name that each row gets, and what reads the picture; asked for as they are needed.
            top: How many classes a row names at most.
        """
        named, asked = tee(pictures)
        answers = self.classify_many(read for _, read in asked)
        for (file, _), answer in zip(named, answers, strict=True):
            yield error_row(file, str(answer)) if isinstance(answer, PictureError) else answer.row(file, top)

    def _prepared(self, picture: Picture | Callable[[], Picture]) -> Prepared | PictureError:
        try:
            prepared = prepare(picture if isinstance(picture, Picture) else picture(), self.data.frame)
        except PictureError as error:
            # A new one: this one's traceback holds the pixels.
            return PictureError(str(error))
        return replace(prepared, stages=())


@functools.cache
def _threads() -> ThreadPoolExecutor:
    # Two for the whole process, whoever asks: decoding a large picture takes half a gigabyte.
    return ThreadPoolExecutor(2, thread_name_prefix="pictures")


def load_classifier(run: Run, network: Network | None = None, adapted: Network | None = None) -> Classifier:
    """The classifier of a run that has a model. Imports TensorFlow where it loads the network.

    Args:
        run: The run.
        network: Its network, where that is loaded already.
        adapted: The same with what it was taught of people's pictures, where that is loaded already.

    Raises:
        RunError: The run has no model, or its files are damaged.
    """
    from cnn_core.inference.network import Network

    network = network or Network(run)
    outliers, features = _comparable(read_outliers(run), network)
    data, threshold, temperature = run.record().data, None, 1.0
    if run.has_report:
        report = run.stored_report()
        threshold, temperature = report.outlier_threshold, report.temperature or 1.0
    own = Classifier(network.logits, data, threshold, temperature, outliers, features)
    if adapted is None and (adaptation := read_adaptation(run)) is not None:
        adapted = Network(run, adaptation)
    if adapted is None or adapted.adaptation is None:
        return own
    outliers, features = _comparable(adapted.adaptation.outliers, adapted)
    temperature = adapted.adaptation.temperature
    return replace(own, adapted=Classifier(adapted.logits, data, None, temperature, outliers, features))


def _comparable(
    outliers: Outliers | None, network: Network
) -> tuple[Outliers | None, Callable[[np.ndarray], np.ndarray] | None]:
    """What is strange to a network, and what gives the features that it compares; nothing where they do not fit."""
    if outliers is None:
        return None, None
    from cnn_core.inference.depths import DepthFeatures

    features = DepthFeatures(network.model)
    return (outliers, features) if features.width == len(outliers.standards["dataset"].spread) else (None, None)
