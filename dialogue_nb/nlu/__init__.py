"""Language understanding: training examples, and an interpreter that learns from them."""
