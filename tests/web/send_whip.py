"""Sends a drawn clip by FFmpeg's own `whip` muxer: `send_whip.py URL [CERTIFICATE KEY]`, until its input ends.

In a process of its own, since the muxer holds the interpreter while it connects.
"""

import select
import sys
import time
from fractions import Fraction

import av
import numpy as np

url = sys.argv[1]
own = dict(zip(("cert_file", "key_file"), sys.argv[2:], strict=False))
with av.open(url, "w", format="whip", options=own) as output:
    video = output.add_stream("libx264", rate=30)
    video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
    video.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": "30", "bf": "0"}
    sound = output.add_stream("libopus", rate=48000)
    sound.layout = "stereo"
    start, number, samples = time.monotonic(), 0, 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        picture = av.VideoFrame.from_ndarray(np.full((270, 320), 40 + number % 160, np.uint8), format="yuv420p")
        picture.pts, picture.time_base = number, Fraction(1, 30)
        output.mux(video.encode(picture))
        while samples / 48000 <= number / 30:
            quiet = av.AudioFrame.from_ndarray(np.zeros((1, 1920), np.int16), format="s16", layout="stereo")
            quiet.pts, quiet.sample_rate, quiet.time_base = samples, 48000, Fraction(1, 48000)
            output.mux(sound.encode(quiet))
            samples += 960
        number += 1
        time.sleep(max(0, start + number / 30 - time.monotonic()))
print("sent", number)
