"""What the history says about people's pathways: pure folds. No I/O, no clock, no framework."""
