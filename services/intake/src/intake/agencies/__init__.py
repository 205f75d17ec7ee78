"""The registry of offices: who takes part, where, what each may post, and its rights on Kafka."""
