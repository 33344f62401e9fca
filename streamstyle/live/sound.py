"""The soundtrack of a recording: chunks from a microphone, kept in step with the pictures' clock."""

from collections import deque
from typing import Any

import av
import numpy as np

from streamstyle.live.microphone import Chunk, Microphone, Samples

DRIFT = 0.08
"""Seconds that sound and clock may be apart before silence is put in or samples are left out."""


class Soundtrack:
    """One encoded audio stream of a container."""

    def __init__(self, container: Any, codec: str, microphone: Microphone) -> None:
        self._container, self._microphone = container, microphone
        self._rate, self._channels = microphone.rate, microphone.channels
        self._stream = container.add_stream(codec, rate=self._rate)
        context = self._stream.codec_context
        context.layout = "stereo" if self._channels == 2 else "mono"
        context.open()
        self._resampler = av.AudioResampler(
            context.format, context.layout, self._rate, frame_size=context.frame_size or None
        )
        self._written = 0
        self._heard: deque[Chunk] = deque()
        microphone.take()

    def catch_up(self, first: int, until: int) -> None:
        """Encodes what was heard between the moment of the first picture and `until`; the rest waits for its turn."""
        self._heard.extend(self._microphone.take())
        while self._heard and self._heard[0].moment < until:
            samples = self._fitted(self._heard.popleft(), first)
            if len(samples):
                self._encode(samples)

    def _fitted(self, chunk: Chunk, first: int) -> Samples:
        """The chunk in step: cut where it lies before the place reached, silence before it where it lies after."""
        place = (chunk.moment - first) * self._rate // 1_000_000
        apart = place - self._written
        if abs(apart) <= DRIFT * self._rate and self._written:
            return chunk.samples
        if apart < 0:
            return chunk.samples[-apart * self._channels :]
        return np.concatenate([np.zeros(apart * self._channels, np.int16), chunk.samples])

    def _encode(self, samples: Samples) -> None:
        layout = "stereo" if self._channels == 2 else "mono"
        frame = av.AudioFrame.from_ndarray(samples[None], "s16", layout)
        frame.sample_rate, frame.pts = self._rate, self._written
        self._written += len(samples) // self._channels
        for part in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(part))

    def finish(self) -> None:
        for part in self._resampler.resample(None):
            self._container.mux(self._stream.encode(part))
        self._container.mux(self._stream.encode(None))
