"""What is known in, rows of a panel out; drawing changes nothing and computes nothing long."""
