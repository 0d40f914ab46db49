"""The verbs of `grace policy`, one module each."""
