"""What the tree and the lists show, read through a `Reader`."""
