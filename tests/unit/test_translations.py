"""Every text people see exists in both languages."""

import runpy
from pathlib import Path

MESSAGES = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "messages.py"), run_name="messages")


def test_every_text_of_the_source_has_its_english():
    assert MESSAGES["missing"]() == []


def test_the_catalogue_stands_as_it_is_written_anew():
    assert MESSAGES["CATALOGUE"].read_bytes() == MESSAGES["anew"](), "run scripts/messages.py"


def test_the_source_was_read_at_all():
    assert len({message for _, _, message, _ in MESSAGES["texts"]()}) > 200
