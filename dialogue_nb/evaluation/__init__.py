"""How good is a bot: tests on stories, and the numbers that come out."""
