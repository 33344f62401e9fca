"""Steadiness over time: optical flow, trust, scene cuts, and the step that blends along them."""

from streamstyle.temporal.flow import FLOWS
from streamstyle.temporal.steady import Steady

__all__ = ["FLOWS", "Steady"]
