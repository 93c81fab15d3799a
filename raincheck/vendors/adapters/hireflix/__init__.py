"""Hireflix: one-way video interviews, over GraphQL."""
