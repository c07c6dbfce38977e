"""The doctor: everything that the watch needs, looked at once, each trouble with its mend."""
