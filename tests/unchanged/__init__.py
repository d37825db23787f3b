"""Everything the product says, saved before a change and compared after it.

``python -m tests.unchanged save FOLDER [--prices DIR] [--share 0.2]`` writes down every page in every state
that its own menus lead to, its charts, tables, files and slides, and every command that answers;
``python -m tests.unchanged compare BEFORE AFTER`` prints what is no longer the same.

Only ``stores`` knows names of the product's code. Pages, charts and commands are those that the running
application names itself, so the tool outlives a rebuilding of what is behind them.
"""
