"""Answers in rows: what the command line prints and the pages put in their tables and CSV.

Each function takes a :class:`~app.data.View` and gives a :class:`~app.sheets.Sheet`, so that a page
and a command can never disagree. Fractions, ISO dates, and a note for each value that is missing.
"""
