"""Django's PostgreSQL with another look at pooled connections (settings name it as the database's ENGINE)."""
