"""AI面试系统: agreeing with them, hearing from them."""
