"""Test scenes: moving pictures of our own making whose flow and occlusions are known exactly."""

from streamstyle.scenes.opening import open_scene, scene_names
from streamstyle.scenes.scene import Scene

__all__ = ["Scene", "open_scene", "scene_names"]
