"""What is kept for questions: tables folded from pages of the history, to throw away and build again."""
