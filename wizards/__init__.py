"""Asking: questions on a terminal."""
