"""What rows are looked up by: each way once, since every row that is written is written into every index."""

#: Indexes over the same columns in the same order, of the same kind and over the same rows.
_TWICE = """
SELECT i.indrelid::regclass::text, array_agg(c.relname::text ORDER BY c.relname)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public'
GROUP BY i.indrelid, c.relam, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
    pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
HAVING count(*) > 1 ORDER BY 1
"""


def test_no_table_has_the_same_index_twice(db, superuser):
    assert superuser.execute(_TWICE).fetchall() == []
