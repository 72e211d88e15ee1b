"""The pictures in README: taken from the real program on a real pty, cell by cell."""
