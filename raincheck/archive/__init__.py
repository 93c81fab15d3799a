"""历史与人才库: what an interview was when it left the schedule, and the candidate as an asset."""
