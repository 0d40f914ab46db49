"""The verbs of `grace journal`, one module each."""
