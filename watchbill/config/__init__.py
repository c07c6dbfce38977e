"""Settings: watchbill.toml in, plain frozen values out."""
