"""Imports: other orchestrators' files in; settings, and a line about every key of them, out. Pure: reads no file."""
