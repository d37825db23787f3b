"""Presenter mode: a page's charts one a screen, in large type, on prices that stand still."""
