"""`StyledTrack(track, style)`: an aiortc track painted in a style, for anybody's aiortc program."""

from typing import Any

from aiortc.mediastreams import MediaStreamTrack

from pipelines.options import DEFAULT_STYLE, EngineOptions
from pipelines.stylist import Stylist
from streamstyle.library import find
from streamstyle.settings import Controls, Settings
from streamstyle.web.painted import PaintedTrack

AUTO = EngineOptions()


class StyledTrack(PaintedTrack):
    """Another video track in a style; `more` are Settings, and `controls` changes them while it runs."""

    def __init__(
        self, track: MediaStreamTrack, style: str = DEFAULT_STYLE, *, options: EngineOptions = AUTO, **more: Any
    ) -> None:
        # An unknown style is told here, not once the call is under way.
        find(style)
        super().__init__(
            track, lambda info, controls: Stylist(info, controls, options), Controls(Settings(style, **more))
        )
