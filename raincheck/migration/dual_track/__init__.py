"""Taking over from another system: its daily export held against what is here, until both agree for days on end."""
