"""schouw: the live security posture of a fleet of servers, in a terminal."""

__version__ = "0.1.0"
