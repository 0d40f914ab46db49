"""The verbs of `grace lab`, one module each."""
