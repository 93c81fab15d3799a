"""Humanly (Qualifi Gather): phone and video screens that candidates take when they like."""
