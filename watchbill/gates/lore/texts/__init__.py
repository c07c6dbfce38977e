"""A text as the checks see it: its sentences, what of them is told as so, where it stands, who is named, meant, and speaking."""
