-- A great many interviews of one account, as bench/listing_vendor.py lists them; run by reconcile.py as superuser.
-- :rows is how many. Ten candidates' worth of people stand for all of them.

-- The composite keys sleep for this session.
SET session_replication_role = replica;

INSERT INTO recruiting_interview (id, company_id, application_id, kind, precision, starts_at, ends_at, state, sequence,
                                  vendor_account_id, vendor_ref, vendor_link, vendor_progress, vendor_word,
                                  vendor_version)
  SELECT ('00040000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, a.company_id, p.id, 'slot', 'minute',
         at.at, at.at + interval '40 minutes', 'scheduled', 0, a.id, 'iv_' || lpad(to_hex(n), 16, '0'),
         'http://127.0.0.1:8801/i/' || lpad(to_hex(n), 32, '0'), 'unopened', 'invited', 1
  FROM vendors_vendoraccount a
  JOIN recruiting_application p ON p.company_id = a.company_id,
  generate_series(1, :rows) n,
  LATERAL (SELECT make_timestamptz(2030, (n / 28 % 12 + 1)::int, (n % 28 + 1)::int, (n / 28 / 12 % 23)::int, 0, 0,
                                   'UTC') AS at) at;
