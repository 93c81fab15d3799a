"""E-mail over SMTP, with a calendar part where a calendar must follow."""
