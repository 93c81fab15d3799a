"""Everything a company owns, taken out and brought back: documented files, checksums of plain values, nothing lost.

`sheets` says what belongs to it, `sealed` opens and seals, `writing` makes the files, `restoring` reads them in again.
"""
