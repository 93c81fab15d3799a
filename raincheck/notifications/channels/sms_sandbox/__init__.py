"""SMS through a sandbox gateway: the demo phone page and the tests."""
