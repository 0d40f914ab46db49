"""Facts about Intune and Microsoft Graph as plain tables: a change of the service is a change of a row."""
