"""watchbill: who stands each watch, around the clock, and who relieves whom."""

__version__ = "0.1.0"
