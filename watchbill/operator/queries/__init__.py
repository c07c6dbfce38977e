"""Queries: pure reads of the store, as plain values that the API sends and the CLI prints."""
