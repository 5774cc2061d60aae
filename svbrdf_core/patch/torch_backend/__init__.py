"""The patch engine on torch devices."""
