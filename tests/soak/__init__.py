"""Long proofs, outside the suite: ``make soak`` runs them and prints goal beside what was reached."""
