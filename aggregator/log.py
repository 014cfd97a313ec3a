"""Log lines: one event a line, ``area.event key=value``, to standard error."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


class _Formatter(logging.Formatter):
    """Writes a record as logfmt or JSON. Extra fields come as ``extra={"f": {...}}``."""

    def __init__(self, style: str) -> None:
        super().__init__()
        self._json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, with its traceback behind it when there is one."""
        fields: dict[str, object] = dict(getattr(record, "f", None) or {})
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        if self._json:
            row = {
                "at": when,
                "level": record.levelname.lower(),
                "event": record.getMessage(),
                **fields,
            }
            if trace:
                row["traceback"] = trace
            return json.dumps(row, default=str, ensure_ascii=False)
        pairs = " ".join(f"{name}={_shown(value)}" for name, value in fields.items())
        line = f"{when} {record.levelname.lower():7} {record.getMessage()} {pairs}".rstrip()
        return f"{line}\n{trace}" if trace else line


def _shown(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if text == "" or set(text) & set(' "=\n') else text


def configure(level: str, style: str) -> None:
    """Send all logs to standard error in `style` ("text" or "json") from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in (
        "apscheduler",
        "aiohttp",
        "alembic",
        "trafilatura",
        "htmldate",
        "asyncio",
        "procrastinate",
    ):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
