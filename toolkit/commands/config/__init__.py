"""The verbs of `grace config`, one module each."""
