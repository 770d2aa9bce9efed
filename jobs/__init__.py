"""What happens because time passed: each job calls a service, commits and leaves a heartbeat."""
