"""Worker processes, which read, fill and draw; they are spoken to in lines of JSON."""
