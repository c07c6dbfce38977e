"""ChoiceScript: a parser of the language and the rules that its interpreter enforces while a game is played."""
