"""Providers' far ends on loopback: real sockets, real signatures, and every way to misbehave."""
