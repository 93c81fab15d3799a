"""Spark Hire: one-way video interviews."""
