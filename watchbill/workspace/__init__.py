"""Git and files: our own bare clone, a worktree per run, commits by plumbing, contained paths."""
