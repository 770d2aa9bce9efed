"""The world outside: one small protocol, one page per provider. Knows no record of ours."""
