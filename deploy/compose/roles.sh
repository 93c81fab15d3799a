#!/bin/sh
# Run by the PostgreSQL image once, over an empty volume: the roles and the database.
set -eu
psql --no-psqlrc --username "$POSTGRES_USER" --dbname postgres \
    -v owner_password="$(cat /run/secrets/owner_password)" \
    -v app_password="$(cat /run/secrets/app_password)" \
    -v backup_password="$(cat /run/secrets/backup_password)" \
    -f /raincheck/roles.sql
