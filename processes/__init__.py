"""The processes the desk runs as: one supervisor, and under it Redis, the web server, the workers and the clock."""
