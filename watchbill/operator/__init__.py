"""What people touch: the command line, the control API, reports. Reads state; commands through ports."""
