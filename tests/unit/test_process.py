"""Names of processes."""

from __future__ import annotations

import subprocess
import sys

from aggregator import process


def test_this_process_has_not_ended() -> None:
    assert not process.has_ended(process.me())


def test_a_process_that_ended_is_known_to_have() -> None:
    code = "from aggregator import process; print(process.me())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.has_ended(done.stdout.strip())


def test_a_number_that_was_given_again_is_another_process() -> None:
    host, number, _ = process.me().split()
    assert process.has_ended(f"{host} {number} 1")


def test_of_other_machines_and_odd_names_nothing_is_known() -> None:
    assert not process.has_ended("elsewhere.example 1 1")
    assert not process.has_ended("")
    assert not process.has_ended(f"{process.me().split()[0]} x y")
