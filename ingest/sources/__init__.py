"""Where prices come from: Yahoo, a folder of CSV files, or a simulation."""
