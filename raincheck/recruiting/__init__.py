"""Departments, positions, candidates, applications, interviews and what was scored in them."""
