"""Text becomes a tree, and keys of the tree have their lines and columns."""
