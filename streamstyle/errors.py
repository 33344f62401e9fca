"""What can go wrong, in the user's words: each becomes one line on the terminal and an exit status."""


class StreamStyleError(Exception):
    """An error whose message is meant for the person at the keyboard."""

    status = 1


class UsageError(StreamStyleError, ValueError):
    """The command line asks for something that makes no sense."""

    status = 2


class InputError(StreamStyleError, ValueError):
    """What was given to read cannot be read."""


class MissingError(StreamStyleError, FileNotFoundError):
    """What was named does not exist."""


class OutputError(StreamStyleError, OSError):
    """What was made cannot be put where it should go."""


class PackError(StreamStyleError, ValueError):
    """A style pack is damaged, foreign or unknown."""


class EngineError(StreamStyleError, RuntimeError):
    """No engine can run this generator here."""


class CameraError(StreamStyleError, OSError):
    """A camera is missing, busy, forbidden or silent."""


class NeedsExtra(StreamStyleError, ImportError):
    """A part that is installed separately is missing."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra '{extra}': pip install 'streamstyle[{extra}]'")
