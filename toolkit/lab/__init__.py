"""A pretend tenant that speaks Microsoft Graph."""
