"""What is right: words, tables and pure functions. Nothing here knows a database, a request or the time of day."""
