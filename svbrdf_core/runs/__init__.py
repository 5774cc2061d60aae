"""Work in processes of its own, which may die."""
