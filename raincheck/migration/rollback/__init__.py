"""Batches that can be undone: what each touched is kept in the same transaction, and put back as it was.

`capture` has the database take the before-images, `obstacles` says what stands against undoing, `undoing` does it.
"""
