"""Vendors' SDKs, local automation and the scripted double, behind the domain's two provider ports."""
