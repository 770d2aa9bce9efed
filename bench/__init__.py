"""Measurements, not tests: a big believable database, and what the pages and the sweeps cost on it.

``python -m bench`` does everything on a small scale; docs/performance.md says how to do it at a million complaints.
"""
