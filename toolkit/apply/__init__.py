"""The only way into a tenant."""
