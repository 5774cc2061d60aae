"""Tasks come in as lines of JSON; processes of their own do them, and lines of JSON go out."""
