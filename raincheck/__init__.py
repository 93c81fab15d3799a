"""Raincheck runs the life of an AI interview up to and beyond its cancellation."""

__version__ = "0.1.0"
