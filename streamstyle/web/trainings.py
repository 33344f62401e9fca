"""Training a style from a picture dropped on the page: one at a time, in a process of its own."""

import asyncio
import contextlib
import logging
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from streamstyle.web.journal import event
from streamstyle.web.refusals import Refusal

SMALLEST, LARGEST = 64, 8192
Command = Callable[[Path, str, Path], Sequence[str]]
"""The command that trains a style of a name from a picture, with a folder for its preview.

It says `step 12/400` now and then, and keeps SHEET in the folder up to date."""
SHEET = "sheet.jpg"
STEP = re.compile(r"step (\d+)/([1-9]\d*)")
log = logging.getLogger(__name__)


class Trainings:
    """The training at hand, or the last one."""

    def __init__(self, command: Command, taken: Callable[[], Sequence[str]]) -> None:
        self._command, self._taken = command, taken
        self._folder = tempfile.TemporaryDirectory(prefix="streamstyle-")
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._report: dict[str, Any] = {"state": "idle"}

    @property
    def _preview_path(self) -> Path:
        return Path(self._folder.name, SHEET)

    async def start(self, picture: bytes, wish: str) -> None:
        """Checks the picture and begins; 409 while another is at work."""
        if self._task is not None and not self._task.done():
            raise Refusal(409, "another painting is being learnt", 60)
        image = _picture(picture)
        name = self._name(wish)
        path = Path(self._folder.name, "painting.png")
        cv2.imwrite(str(path), image)
        self._preview_path.unlink(missing_ok=True)
        self._report = {"state": "starting", "name": name, "progress": 0.0}
        self._task = asyncio.ensure_future(self._train(path, name))

    def report(self) -> dict[str, Any]:
        return {**self._report, "preview": self._preview_path.exists()}

    def preview(self) -> bytes:
        try:
            return self._preview_path.read_bytes()
        except OSError:
            raise Refusal(404, "there is no preview yet") from None

    def _name(self, wish: str) -> str:
        name = re.sub(r"[^a-z0-9]+", "-", wish.lower()).strip("-")[:40] or "my-painting"
        taken = set(self._taken())
        number = 2
        free = name
        while free in taken:
            free, number = f"{name}-{number}", number + 1
        return free

    async def _train(self, path: Path, name: str) -> None:
        event(log, "training started", style=name)
        self._process = await asyncio.create_subprocess_exec(
            *self._command(path, name, Path(self._folder.name)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        last = ""
        async for line in self._process.stdout:
            last = line.decode(errors="replace").strip() or last
            self._follow(last)
        status = await self._process.wait()
        if status == 0:
            self._report = {"state": "done", "name": name, "progress": 1.0}
        else:
            self._report = {"state": "failed", "name": name, "reason": last[-300:]}
        event(log, "training ended", style=name, status=status)

    def _follow(self, line: str) -> None:
        if match := STEP.search(line):
            self._report |= {"state": "training", "progress": round(int(match[1]) / int(match[2]), 4)}

    async def end(self) -> None:
        """Stops what is at work and removes what was uploaded."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 5)
            except TimeoutError:
                self._process.kill()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        self._folder.cleanup()


def _picture(data: bytes) -> np.ndarray[Any, Any]:
    """The picture, decoded here and stored anew, so that nothing else in the file gets any further."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise Refusal(422, "that is no picture that can be read")
    if not (min(image.shape[:2]) >= SMALLEST and max(image.shape[:2]) <= LARGEST):
        raise Refusal(422, f"pictures have sides from {SMALLEST} to {LARGEST} pixels")
    return image
