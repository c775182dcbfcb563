"""Floor 1: stories and rules as text, as steps, as a graph, and as training trackers."""
