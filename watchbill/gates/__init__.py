"""Checks before landing, each one module on the Gate port."""
