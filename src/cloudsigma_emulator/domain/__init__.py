"""The rules of the cloud: pure functions and data tables. Time, randomness and ids come in as arguments."""
