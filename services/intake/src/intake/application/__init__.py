"""What intake does with what comes in: read, judge, match, record, answer. One file a step of the road."""
