"""Starting and ending the process that holds a device."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from streamstyle.cameras.records import Job, Record, read_record

ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """The environment in which a child finds this same program."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


class Child:
    """A running capture; close() may come from any thread and ends a read that waits."""

    def __init__(self, job: Job) -> None:
        command = [sys.executable, "-m", "streamstyle.cameras.capture", job.to_json()]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            bufsize=0,
        )
        self._lock = threading.Lock()
        self._reading = threading.Lock()

    def read(self) -> Record | None:
        """The next record; nothing once the process has ended. Signs of life keep the wait below a second."""
        assert self._process.stdout is not None
        with self._reading:
            return read_record(self._process.stdout)

    def close(self) -> None:
        assert self._process.stdout is not None
        with self._lock:
            self._process.kill()
            self._process.wait()
        # The dead process ends a read that waits; only then may its pipe be closed.
        with self._reading:
            self._process.stdout.close()
