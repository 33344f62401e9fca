"""Files, pictures and streams: what PyAV opens on the way in, and what it writes on the way out."""

from typing import Any

from streamstyle.frames import Source


def open_movie(name: str, **options: Any) -> Source:
    """A source from a file, a picture, a numbered sequence, `-`, a URL or a `test:` scene."""
    if name.startswith("test:"):
        from streamstyle.scenes import open_scene

        return open_scene(name)
    from streamstyle.media.movie import Movie

    return Movie(name, **options)
