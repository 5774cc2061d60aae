"""The service: a queue of repairs behind HTTP, done by processes of their own."""
