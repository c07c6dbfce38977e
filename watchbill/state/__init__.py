"""SQLite: the truth. One writer, guarded statements, noun modules."""
