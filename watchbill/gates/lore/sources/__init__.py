"""From a canon's files, in YAML or as authors write Markdown, to the values of `canon`."""
