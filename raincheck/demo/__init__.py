"""The demo: two companies that are plainly made up, a simulated outside world, and all of it running."""
