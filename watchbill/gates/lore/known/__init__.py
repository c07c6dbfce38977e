"""What follows from a canon before any text is read: kin, names, days, what somebody never does, what nobody can do."""
