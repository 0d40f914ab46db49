"""Grace: Intune actions for noncompliance from a terminal."""

__version__ = "0.1.0"
