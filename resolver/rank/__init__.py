"""What will run: features of edges and sets, the learned ranker, and the rules it has to beat."""
