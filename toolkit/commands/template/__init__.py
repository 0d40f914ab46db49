"""The verbs of `grace template`, one module each."""
