-- A great many requests for cancellation, one every :apart back from now; run by audit_history.py as superuser.
-- :rows is how many. Four in ten were reviewed by a person, one in ten was rejected, one in 33 was refused.

CREATE FUNCTION pg_temp.made(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT (kind || '0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

-- RFC 8785, for what has neither fractions nor unusual keys: an entry is written as this text, and as nothing else.
CREATE FUNCTION pg_temp.canonical(document jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE jsonb_typeof(document)
    WHEN 'object' THEN (SELECT '{' || coalesce(string_agg(to_json(key)::text || ':' || pg_temp.canonical(value), ','
                                                          ORDER BY key COLLATE "C"), '') || '}'
                        FROM jsonb_each(document))
    WHEN 'array' THEN (SELECT '[' || coalesce(string_agg(pg_temp.canonical(value), ',' ORDER BY n), '') || ']'
                       FROM jsonb_array_elements(document) WITH ORDINALITY AS item (value, n))
    ELSE document::text END $$;
CREATE FUNCTION pg_temp.micros(instant timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS
  $$ SELECT (extract(epoch FROM instant) * 1000000)::bigint $$;

-- The composite keys and the append-only trigger sleep for this session.
SET session_replication_role = replica;

CREATE TEMPORARY TABLE here AS
  SELECT c.id AS company, p.id AS position, p.department_id AS department, s.id AS staff,
         (SELECT id FROM cancellations_reason r WHERE r.company_id = c.id AND r.code = 'health') AS reason
  FROM accounts_company c
  JOIN recruiting_position p ON p.company_id = c.id
  JOIN accounts_staff s ON s.company_id = c.id;

INSERT INTO accounts_candidateidentity (id, company_id, language, timezone)
  SELECT pg_temp.made('0001', n), company, 'zh-hans', '' FROM generate_series(0, :rows / 4) n, here;

INSERT INTO recruiting_candidate (id, company_id, identity_id, name, school, headline)
  SELECT pg_temp.made('0002', n), company, pg_temp.made('0001', n), '示例候选人' || n, '示例大学第' || n % 300 || '学院', ''
  FROM generate_series(0, :rows / 4) n, here;

INSERT INTO recruiting_application (id, company_id, candidate_id, position_id, state, state_note, source, applied_at)
  SELECT pg_temp.made('0003', n), company, pg_temp.made('0002', n), position, 'to_rebook', '', '校园招聘', now()
  FROM generate_series(0, :rows / 4) n, here;

CREATE TEMPORARY TABLE asked AS
  SELECT n, now() - n * interval ':apart' AS at, n % 5 < 2 AS reviewed, here.*
  FROM generate_series(1, :rows) n, here;

INSERT INTO recruiting_interview (id, company_id, application_id, kind, precision, starts_at, ends_at, state, sequence,
                                  vendor_ref, vendor_link, vendor_progress, vendor_word, vendor_version)
  SELECT pg_temp.made('0004', n), company, pg_temp.made('0003', n / 4), 'slot', 'minute', at + interval '48 hours',
         at + interval '49 hours', 'cancelled', 1, '', '', 'unopened', '', 0
  FROM asked;

INSERT INTO cancellations_cancellation (id, company_id, interview_id, state, initiator, requested_by, requested_at,
                                        channel, reason_id, note, outcome, rule, policy_version, checks, facts,
                                        decided_at, decided_by, decision_note, agreement, mismatch, attempts,
                                        completed_at, though_begun)
  SELECT pg_temp.made('0005', n), company, pg_temp.made('0004', n),
         CASE WHEN n % 10 = 1 THEN 'rejected' ELSE 'completed' END, 'candidate', pg_temp.made('0001', n / 4), at,
         'portal', reason, CASE WHEN n % 3 = 0 THEN '当天学校安排了答辩，希望能改到下周再面试。' ELSE '' END,
         CASE WHEN reviewed THEN 'review' ELSE 'auto' END,
         CASE WHEN reviewed THEN 'short_notice' ELSE 'ample_notice' END, 0, '[]',
         jsonb_build_object(
           'initiator', 'candidate', 'now', at, 'interview_kind', 'slot', 'interview_state', 'scheduled',
           'starts_at', at + interval '48 hours', 'ends_at', at + interval '49 hours', 'progress', 'unopened',
           'vendor_said_at', NULL, 'recent_cancellations', '[]'::jsonb, 'position_state', 'open',
           'department', department::text, 'vendor', NULL, 'working_hours', true),
         CASE WHEN reviewed THEN at + interval '9 minutes' END, CASE WHEN reviewed THEN staff END,
         CASE WHEN reviewed THEN '已电话确认。' ELSE '' END, 'agreed', '', 1,
         CASE WHEN n % 10 <> 1 THEN at + interval '10 minutes' END, false
  FROM asked;

INSERT INTO audit_entry (canonical)
  SELECT pg_temp.canonical(jsonb_build_object(
           'v', 1, 'id', pg_temp.made('0006', n), 'company_id', company, 'at', pg_temp.micros(at),
           'actor_kind', 'candidate', 'actor_id', pg_temp.made('0001', n / 4),
           'action', CASE WHEN n % 33 = 0 THEN 'cancellation.refused' ELSE 'cancellation.requested' END,
           'subject_type', 'cancellation', 'subject_id', pg_temp.made('0005', n),
           'interview_id', pg_temp.made('0004', n),
           'cancellation_id', CASE WHEN n % 33 <> 0 THEN pg_temp.made('0005', n) END,
           'request_id', md5(n::text), 'facts', jsonb_build_object(
             'reason', (array['time_conflict', 'health', 'emergency', 'other'])[1 + n % 4], 'note_given', n % 3 = 0,
             'initiator', 'candidate', 'channel', 'portal', 'outcome', CASE WHEN reviewed THEN 'review' ELSE 'auto' END,
             'rule', CASE WHEN reviewed THEN 'short_notice' ELSE 'ample_notice' END, 'policy_version', 0,
             'position', position::text, 'department', department::text, 'school', '示例大学第' || n % 300 || '学院',
             'source', (array['校园招聘', '内部推荐', '招聘网站'])[1 + n % 3])))
  FROM asked;

INSERT INTO audit_entry (canonical)
  SELECT pg_temp.canonical(jsonb_build_object(
           'v', 1, 'id', pg_temp.made('0007', n), 'company_id', company,
           'at', pg_temp.micros(at + interval '10 minutes'), 'actor_kind', 'vendor', 'actor_id', NULL,
           'action', 'cancellation.completed', 'subject_type', 'cancellation', 'subject_id', pg_temp.made('0005', n),
           'interview_id', pg_temp.made('0004', n), 'cancellation_id', pg_temp.made('0005', n),
           'facts', '{"agreement": "agreed", "sequence": 1}'::jsonb, 'request_id', ''))
  FROM asked;
