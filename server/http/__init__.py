"""Raw requests come in; those that may pass go on to the routes, the others are answered with a problem."""
