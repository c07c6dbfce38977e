"""The demo: a day of the real daemon on a small repository, with scripted providers."""
