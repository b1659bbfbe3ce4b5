"""Work in the background: a process of its own does it, a directory tells of it, pages read that."""
