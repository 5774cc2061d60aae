"""Networks that others trained and published, read as denoisers of pictures and as inpainters.

Nothing here loads torch before it is asked for a network.
"""
