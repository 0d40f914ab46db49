"""How Grace talks to Microsoft Graph."""
