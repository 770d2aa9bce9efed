"""Nothing is lost, nothing comes twice, whatever dies when: real processes and databases, a provider that counts."""
