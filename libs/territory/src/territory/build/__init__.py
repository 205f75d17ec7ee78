"""Making `data/events.jsonl` out of the published lists and our own file of older units: `make territory`."""
