"""Argon2 as the product uses it, but for its cost: what makes guessing dear would take a minute of every run."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    """The least that Argon2 lets one ask for."""

    time_cost, memory_cost, parallelism = 1, 8, 1
