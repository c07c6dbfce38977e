"""Composition root: service, timers, ticker, dispatcher, runner, recovery and the entry point."""
