"""The pages, each a module with four names: PATH, TITLE, layout() and CALLBACKS."""
