"""Pictures → probabilities, with a finished run's network."""
