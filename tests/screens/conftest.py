"""Windows open on a display of their own."""

from collections.abc import Iterator

import pytest

from tests.displays import xvfb


@pytest.fixture(scope="module")
def display_number() -> Iterator[str]:
    with xvfb() as name:
        yield name


@pytest.fixture
def display(display_number: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DISPLAY", display_number)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return display_number
