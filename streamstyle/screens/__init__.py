"""Where a live stream can be seen: a window, a virtual camera, nowhere, and several places at once."""
