"""See and steer a bounded async queue in your terminal."""

__version__ = "0.1.0"
