"""The gate before the routes: who and what is let in, and answers to all others."""
