"""Floor 0: records of a conversation (events, slots, domain) and the replay that reads them."""
