"""The invariants: one pure checker over what store, repositories, vendors and logs say. See checker.check()."""
