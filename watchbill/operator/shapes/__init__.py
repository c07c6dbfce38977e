"""What the API's answers look like, as data, by subject."""
