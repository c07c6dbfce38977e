"""Health in watchbill.toml: how often providers are asked whether they are well."""

from datetime import timedelta

from watchbill.config.forms import Span
from watchbill.config.section import Section


class Health(Section):
    """Providers that fail three times in a row are left alone, and asked at no cost after 5, 10, 20, 40 and 60 minutes
    whether they are well again; then one run tries it."""

    probe_every: Span = timedelta(minutes=15)
    """How long nothing may be heard of a provider before it is asked, at no cost, whether it is well. Fifteen minutes: a
    lapsed login is known before the work that needs it."""
