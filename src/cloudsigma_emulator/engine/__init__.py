"""What happens without a request: the clock, durable tasks, the event bus."""
