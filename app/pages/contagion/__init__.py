"""Contagion: who started it, who passed it on, how wide, and whether one side warned the other."""
