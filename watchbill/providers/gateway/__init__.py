"""The metering gateway: agent programs reach a vendor only through it, each run with a token of its own."""
