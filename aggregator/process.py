"""Which process this is, and whether another one still runs."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def me() -> str:
    """Return this process's name: host, number, and when it started where the system tells."""
    return _named(os.getpid())


def has_ended(name: str) -> bool:
    """Tell whether the process of that name is known to be gone; one of another host never is."""
    host, _, rest = name.partition(" ")
    number = rest.partition(" ")[0]
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return _named(int(number)) != name  # the number was given to a later process


def _named(number: int) -> str:
    try:  # the 22nd field of proc(5)'s stat, in ticks since the machine started
        stat = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
        start = stat.rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        start = "-"
    return f"{socket.gethostname()} {number} {start}"
