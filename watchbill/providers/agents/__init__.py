"""Agent programs: each vendor's is started, watched and judged in the same way; only its words differ."""
