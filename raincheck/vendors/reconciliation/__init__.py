"""Reconciliation: what a vendor lists against what we hold; each difference read again, mended or asked about."""
