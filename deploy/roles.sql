-- The three roles and the database of an installation. Run once, as a superuser, with psql:
--   psql -v owner_password=… -v app_password=… -v backup_password=… -f deploy/roles.sql
-- `database` (raincheck) and `prefix` (raincheck) may be given another value each.
\set ON_ERROR_STOP on
\if :{?prefix} \else \set prefix raincheck \endif
\if :{?database} \else \set database raincheck \endif
SELECT :'prefix' || '_owner' AS owner, :'prefix' || '_app' AS app, :'prefix' || '_backup' AS backup \gset
SET password_encryption = 'scram-sha-256';

-- Owns the tables and migrates. Neither it nor the next is let past row-level security.
CREATE ROLE :"owner" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION NOCREATEDB PASSWORD :'owner_password';
-- What web and workers run as: owns nothing.
CREATE ROLE :"app" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION NOCREATEDB PASSWORD :'app_password';
-- Sees everything, for whole backups; makes scratch databases, in which each is proven.
CREATE ROLE :"backup" LOGIN NOSUPERUSER BYPASSRLS NOCREATEROLE NOREPLICATION CREATEDB PASSWORD :'backup_password';
GRANT :"owner", pg_read_all_data, pg_signal_backend TO :"backup";

CREATE DATABASE :"database" OWNER :"owner" ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO :"app";
GRANT CONNECT ON DATABASE :"database" TO :"backup";
-- From where it makes and drops its scratch databases.
GRANT CONNECT ON DATABASE postgres TO :"backup";
\connect :"database"
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app";
