"""The gate before the routes: who and what is let in, and how the others are answered."""
