"""The command line: thin commands that ask the API and print what it answers."""
