"""The page: files that a browser is sent as they are."""

KINDS = {
    "index.html": "text/html",
    "app.css": "text/css",
    "icon.svg": "image/svg+xml",
    **{
        f"{name}.js": "text/javascript"
        for name in (
            "api", "app", "batch", "batches", "dialog", "dom", "drop", "events", "form", "frame", "guides", "history",
            "inks", "jobs", "layer", "login", "maps", "materials", "models", "painter", "pictures", "plan", "result",
            "running", "sha256", "stage", "task", "upload", "variety", "words", "zip",
        )
    },
}  # fmt: skip
"""Name to media type. Everyone may have them without a token: they say nothing about the service."""
