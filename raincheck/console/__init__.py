"""HR and department pages, at a desk all day: thin."""
