"""The verbs of `grace fleet`, one module each."""
