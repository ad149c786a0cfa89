"""What runs of the command do, on record: the sites that are built, and how their runs are compared."""
