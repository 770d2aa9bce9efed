"""Nothing is lost and nothing comes twice, whatever dies when: real processes, real databases, a provider that counts."""
