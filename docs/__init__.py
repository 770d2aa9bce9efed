"""What is written about the desk, and the scripts that write it."""
