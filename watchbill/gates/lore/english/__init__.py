"""English as far as the checks need it, without any canon or text: words, numbers, classes of words, stretches of time."""
