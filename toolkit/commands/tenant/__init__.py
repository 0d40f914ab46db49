"""The verbs of `grace tenant`, one module each."""
