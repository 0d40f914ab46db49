"""The edge of the process."""
