"""Version 1 of the interface: routes, and the bodies of requests and answers."""
