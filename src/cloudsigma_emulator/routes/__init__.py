"""The URL table, and the step from the shape of a request to one call of the domain."""
