"""What the portal, the console and the API share at the edge: middleware, refusals, base pages, style."""
