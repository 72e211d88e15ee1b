"""Runs as event logs: made once by the real engine on virtual time, and played back to whatever draws them."""
