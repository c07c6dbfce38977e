"""The queue's grammar: text to tasks and back, one marker at a time. Pure."""
