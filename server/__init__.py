"""Fill requests come in over HTTP and repaired materials go out; the service itself is not written yet."""
