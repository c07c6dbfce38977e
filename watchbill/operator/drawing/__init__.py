"""Pictures: plain values in, SVG text out, with a table that says the same. No page, no colour, no script in here."""
