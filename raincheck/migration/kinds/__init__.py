"""Kinds of data that come in: interviews, and what belongs around them. One module a kind, one pipeline for all.

`names`, `speech`, `stages` and `recognising` are pure: a file's kind is known before there is a database. A kind's own
module reads its rows and stores them; `loading` and `settling` do what all have in common.
"""
