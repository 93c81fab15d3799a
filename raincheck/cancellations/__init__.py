"""取消: the heart. policy.py judges (pure), actions write, queries read, tasks keep the clocks."""
