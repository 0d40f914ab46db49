"""The verbs of `grace group`, one module each."""
