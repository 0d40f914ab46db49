"""The verbs of `grace device`, one module each."""
