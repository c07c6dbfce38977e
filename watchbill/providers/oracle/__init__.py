"""The quota oracle: any signal that a provider can give in, one typed verdict out. Pure; the contract is docs/limits.md."""
