"""How it looks: outcomes, plans and findings as text."""
