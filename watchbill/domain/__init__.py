"""Words, values, state machines and ports: everything here is pure and imports nothing of watchbill's above it."""
