"""What would change: intents, differences, findings, and the plan that holds them."""
