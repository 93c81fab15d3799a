"""Where a file that is sent goes: into one without a name, so that nothing of it stays whatever becomes of us.

Only views that are marked `takes_up_to` are ever sent one; how much was looked at before (`client.Bodies`).
"""

import tempfile
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class Nameless(FileUploadHandler):
    """Keeps what is sent in a temporary file that no folder lists."""

    chunk_size = 1 << 20

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        # Closed with the request that it came with.
        held = tempfile.TemporaryFile()  # noqa: SIM115
        self.file = UploadedFile(held, self.file_name, self.content_type, 0, self.charset)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take a piece."""
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """End it."""
        self.file.seek(0)
        self.file.size = file_size
        return self.file
