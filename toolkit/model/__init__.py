"""What things are: values and rules that need no input or output."""
