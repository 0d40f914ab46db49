"""The verbs of `grace action`, one module each."""
