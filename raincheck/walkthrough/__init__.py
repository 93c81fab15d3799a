"""The main job over plain HTTP, as a candidate: three steps, then a timeline of who knew when."""
