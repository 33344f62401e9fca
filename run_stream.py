#!/usr/bin/env python3
"""StreamStyle: paints moving pictures while they play."""

import os
import sys

from streamstyle import cli

COMMANDS = {
    "movie": "pipelines.movie",
    "webcam": "pipelines.webcam",
    "call": "pipelines.call",
    "styles": "pipelines.styles",
    "train": "pipelines.train",
    "import": "pipelines.import_style",
    "build": "pipelines.build",
    "doctor": "pipelines.doctor",
    "demo": "pipelines.demo",
}


def main(arguments: list[str] | None = None) -> int:
    # Every stage has a thread of its own; OpenCV's would only wait for each other.
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")
    return cli.main(arguments, COMMANDS)


if __name__ == "__main__":
    sys.exit(main())
