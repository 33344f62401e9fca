"""Logs that machines can read: an event and its fields; never tokens, never session descriptions."""

import json
import logging
import sys
import time
from typing import Any, TextIO

ROOT = "streamstyle"


def event(log: logging.Logger, name: str, **fields: Any) -> None:
    log.info("%s%s", name, "".join(f" {key}={value}" for key, value in fields.items()), extra={"fields": fields})


class Lines(logging.Formatter):
    """One line each: `time level event key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%H:%M:%S", time.localtime(record.created))
        line = f"{moment} {record.levelname.lower()} {record.getMessage()}"
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


class JsonLines(logging.Formatter):
    """One JSON object each."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        message = record.getMessage()
        if fields:
            message = message.partition(f" {next(iter(fields))}=")[0]
        content = {"time": round(record.created, 3), "level": record.levelname.lower(), "event": message, **fields}
        if record.exc_info:
            content["trace"] = self.formatException(record.exc_info)
        return json.dumps(content, default=str)


def write_logs(formatter: logging.Formatter, stream: TextIO | None = None) -> logging.Handler:
    """Sends this program's events, and what goes wrong below it, to the stream (standard error)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    ours = logging.getLogger(ROOT)
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False
    for noisy in ("aiortc", "aioice"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    return handler
