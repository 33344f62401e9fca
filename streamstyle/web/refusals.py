"""Answers that say no, as exceptions: the status, a sentence, and when to come back."""


class Refusal(Exception):
    """Becomes an HTTP response with a line of plain text."""

    def __init__(self, status: int, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.retry_after = status, reason, retry_after
