"""The site over a store, asked without a socket."""
