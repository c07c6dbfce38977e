"""Pure decisions: whose watch it is, who suits a task, and what should happen now. No I/O, no clock, no chance."""
