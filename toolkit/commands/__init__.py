"""Nouns and verbs: one folder for a noun, one module for a verb."""
