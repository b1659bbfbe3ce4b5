"""What the benchmarks share: the commands, their time by the clock, and the machine they ran on."""

import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]


class CommandError(SystemExit):
    """A command that was to be measured failed. Where nobody catches it, it ends the benchmark with its message."""


@dataclass(frozen=True)
class Measurement:
    """One command, from the start of its process to its end.

    Attributes:
        wall_seconds: By the clock, with the start of Python and the imports.
        result: The JSON that the command printed last.
    """

    side: str
    seed: int
    wall_seconds: float
    result: dict[str, Any]


def ours(epochs: int, seed: int) -> list[str]:
    """Return the command that trains the tutorial's network by CNN Lab, the tutorial's way."""
    settings = ["--preset", "tutorial-cnn", "--protocol", "tutorial"]
    numbers = ["--epochs", str(epochs), "--seed", str(seed)]
    return [sys.executable, "-m", "cnn_core", "train", *settings, *numbers, "--json"]


def start(command: list[str], runs: Path) -> "subprocess.Popen[str]":
    """Start a command of the checkout with runs in a folder of their own; its stdout can be read."""
    environment = {**os.environ, "CNN_LAB_RUNS": str(runs)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY)


def finish(process: "subprocess.Popen[str]", side: str, seed: int, started: float) -> Measurement:
    """Wait for the end of a command and read its result.

    Args:
        process: From `start`.
        side: What is compared, for the table.
        seed: As given to the command.
        started: ``time.perf_counter()`` just before the start.

    Raises:
        CommandError: It failed.
    """
    stdout, _ = process.communicate()
    wall_seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise CommandError(f"{side} failed with exit status {process.returncode}; its messages stand above.")
    return Measurement(side, seed, wall_seconds, json.loads(stdout.strip().splitlines()[-1]))


def measure(command: list[str], side: str, seed: int, runs: Path) -> Measurement:
    """Run a command to its end."""
    started = time.perf_counter()
    return finish(start(command, runs), side, seed, started)


def describe_machine() -> dict[str, Any]:
    """Return what a number must be read with: the CPU, its cores, and the versions."""
    packages = ("tensorflow-cpu", "tensorflow", "keras", "numpy", "streamlit")
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        **{name: found for name in packages if (found := _version(name))},
    }


def conclude(benchmark: str, numbers: Mapping[str, Any] | None = None, file: Path | None = None) -> None:
    """Print what the numbers must be read with: the machine and the command.

    Args:
        benchmark: Name of its module.
        numbers: What was measured, where it is to be written.
        file: Where to write it as JSON, with the machine and the command.
    """
    machine = describe_machine()
    print("Machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()))
    print(f"Command: {shlex.join(['python', '-m', benchmark, *sys.argv[1:]])}")
    if file:
        report = {**(numbers or {}), "command": sys.argv[1:], "machine": machine}
        file.write_text(json.dumps(report, indent=2) + "\n")


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except ModuleNotFoundError:  # importlib.metadata.PackageNotFoundError is one
        return None
