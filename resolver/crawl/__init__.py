"""Many builds: which cells to build, in which order, and how they are run and recorded."""
