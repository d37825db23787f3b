"""Figures: numbers in, a plotly figure as plain JSON-able parts out. No data access, no clock."""
