"""Imports in the console: a file is taken in, its columns confirmed, tried, and loaded by a job."""
