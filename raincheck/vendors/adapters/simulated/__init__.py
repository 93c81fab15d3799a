"""The simulated AI interview system of the demo and the tests."""
