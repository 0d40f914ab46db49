"""What would happen to devices, and when."""
