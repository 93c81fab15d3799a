"""A school's usual name from what people write: pure, with how sure it is; what isn't sure stays as it was written."""

from raincheck.recruiting.schools.finding import of_school
from raincheck.recruiting.schools.naming import SURE, School, school_of, spellings_of

__all__ = ["SURE", "School", "of_school", "school_of", "spellings_of"]
