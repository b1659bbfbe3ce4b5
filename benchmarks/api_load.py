"""Does the API answer right under load, how fast, and does its memory stay level?

Starts the app as a process of its own and lets clients that work side by side send it requests: one picture in a form,
several, or one as the whole body; good ones and broken ones mixed. Every row is compared with what the same classifier
says in this process; the limits are the default ones. Meanwhile somebody opens the first page again and again.

    python -m benchmarks.api_load --clients 8 --requests 1000
"""

import argparse
import functools
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx2
import numpy as np
import psutil

from benchmarks.api_pictures import Named, broken_pictures, good_pictures
from benchmarks.measuring import conclude
from benchmarks.polling import PollingClient, running_app
from cnn_core.images.decode import decode_picture
from cnn_core.inference.classifier import AnswerRow, load_classifier
from cnn_core.runs.store import showcase

TIMEOUT_SECONDS = 120
TOP = 3
PAGE_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Outcome:
    """What became of one request.

    Attributes:
        trouble: Why it counts as lost or wrong; empty where all is right.
    """

    pictures: int
    seconds: float
    trouble: str = ""


@dataclass(frozen=True)
class Load:
    """What was measured; times in seconds, memory in MB of resident pages of the server's process."""

    requests: int
    pictures: int
    seconds: float
    latencies: list[float]
    troubles: list[str]
    memory: dict[str, float]
    pages_alone: list[float]
    pages_meanwhile: list[float]


def direct_rows(pictures: list[Named]) -> dict[str, AnswerRow]:
    """What the classifier says of each picture, by its name."""
    classifier = load_classifier(showcase())
    readers = [(name, functools.partial(decode_picture, content, name)) for name, content in pictures]
    return {row["file"]: row for row in classifier.rows(readers, TOP)}


def drawn_requests(count: int, seed: int) -> list[list[Named]]:
    """The pictures of each request: one mostly, up to five; about a third of them broken."""
    dice, good, broken = random.Random(seed), good_pictures(), broken_pictures()
    return [
        [dice.choice(broken if dice.random() < 1 / 3 else good) for _ in range(dice.choice([1, 1, 1, 1, 2, 5]))]
        for _ in range(count)
    ]


def ask(
    client: httpx2.Client, pictures: list[Named], expected: dict[str, AnswerRow], *, as_body: bool = False
) -> Outcome:
    """Send one request, in a form or, one picture, as the whole body, and compare its answer."""
    rows = [expected[name] for name, _ in pictures]
    started = time.perf_counter()
    try:
        if as_body:
            # Such a picture has no name.
            ((name, content),) = pictures
            response = client.post("/predict", content=content, headers={"Content-Type": "application/octet-stream"})
            rows = [json.loads(json.dumps(rows[0]).replace(name, "picture"))]
        else:
            response = client.post("/predict", files=[("files", picture) for picture in pictures])
    except httpx2.HTTPError as error:
        return Outcome(len(pictures), time.perf_counter() - started, f"lost: {error!r}")
    seconds = time.perf_counter() - started
    if response.status_code != 200:
        return Outcome(len(pictures), seconds, f"status {response.status_code}: {response.text[:200]}")
    if not _are_same(response.json()["answers"], rows):
        return Outcome(len(pictures), seconds, f"wrong: {response.text[:300]} expected {rows}")
    return Outcome(len(pictures), seconds)


def _are_same(rows: list[AnswerRow], expected: list[AnswerRow]) -> bool:
    """Whether all is equal; of the score, nearly: pictures in other company are added up in another order."""
    scores = [[row["outlier_score"] or 0.0 for row in of] for of in (rows, expected)]
    rest = [[{**row, "outlier_score": None} for row in of] for of in (rows, expected)]
    return rest[0] == rest[1] and np.allclose(*scores, rtol=1e-5)


def open_page(url: str) -> float:
    """Seconds from opening the first page to its last element."""
    started = time.perf_counter()
    with PollingClient(url) as client:
        client.wait_until_drawn()
        return time.perf_counter() - started


def measure(clients: int, count: int, seed: int) -> Load:
    """Put the load on a server of its own."""
    expected = direct_rows([*good_pictures(), *broken_pictures()])
    requests = drawn_requests(count, seed)
    outcomes: list[Outcome] = []
    pages: list[float] = []
    is_over, counting = threading.Event(), threading.Lock()
    with tempfile.TemporaryDirectory(prefix="cnn-lab-api-") as folder, running_app(Path(folder)) as (url, server):
        memory = {"at start": _megabytes(server)}

        def watch_page() -> None:
            while not is_over.wait(PAGE_PAUSE_SECONDS):
                pages.append(open_page(url))

        def work(numbers: range) -> None:
            with httpx2.Client(base_url=f"{url}/api/v1", timeout=TIMEOUT_SECONDS) as client:
                for number in numbers:
                    pictures = requests[number]
                    as_body = len(pictures) == 1 and number % 3 == 0
                    outcome = ask(client, pictures, expected, as_body=as_body)
                    with counting:
                        outcomes.append(outcome)
                        done = len(outcomes)
                        if done in (count // 5, 3 * count // 5, count):
                            memory[f"after {done}"] = _megabytes(server)

        with httpx2.Client(base_url=f"{url}/api/v1", timeout=TIMEOUT_SECONDS) as client:
            first = ask(client, good_pictures()[:1], expected)
        print(f"First answer, with the import of TensorFlow: {first.seconds:.1f} s {first.trouble}", file=sys.stderr)
        memory["network loaded"] = _megabytes(server)
        open_page(url)
        pages_alone = [open_page(url) for _ in range(10)]
        visitor = threading.Thread(target=watch_page)
        visitor.start()
        started = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(work, [range(first, count, clients) for first in range(clients)]))
        seconds = time.perf_counter() - started
        is_over.set()
        visitor.join()
    return Load(
        requests=len(outcomes),
        pictures=sum(outcome.pictures for outcome in outcomes),
        seconds=seconds,
        latencies=sorted(outcome.seconds for outcome in outcomes),
        troubles=[outcome.trouble for outcome in outcomes if outcome.trouble],
        memory=memory,
        pages_alone=pages_alone,
        pages_meanwhile=pages,
    )


def _megabytes(server: psutil.Process) -> float:
    return server.memory_info().rss / 2**20


def main() -> None:
    """Measure, print the table, write the numbers if asked; exit status 1 where an answer was wrong or lost."""
    arguments = _arguments()
    load = measure(arguments.clients, arguments.requests, arguments.seed)
    half, most, nearly_all = (float(np.percentile(load.latencies, share)) for share in (50, 95, 99))
    print(f"{load.requests} requests with {load.pictures} pictures by {arguments.clients} clients")
    print(f"right: {load.requests - len(load.troubles)}, wrong or lost: {len(load.troubles)}")
    print(f"{load.requests / load.seconds:.1f} requests a second, {load.pictures / load.seconds:.1f} pictures a second")
    print(
        f"latency: median {half:.3f} s, 95 % within {most:.3f} s, 99 % within {nearly_all:.3f} s, "
        f"longest {load.latencies[-1]:.3f} s"
    )
    print("memory: " + ", ".join(f"{when} {size:.0f} MB" for when, size in load.memory.items()))
    print(f"first page, alone: {_median_and_most(load.pages_alone)}")
    print(f"first page, meanwhile: {_median_and_most(load.pages_meanwhile)}")
    for trouble in load.troubles[:5]:
        print(trouble)
    conclude("benchmarks.api_load", {"load": asdict(load)}, arguments.json)
    sys.exit(1 if load.troubles else 0)


def _median_and_most(seconds: list[float]) -> str:
    if not seconds:
        return "not opened"
    return f"median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s (n = {len(seconds)})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api_load", description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=8, help="side by side (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=1000, help="in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the mixture (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number here")
    return parser.parse_args()


if __name__ == "__main__":
    main()
