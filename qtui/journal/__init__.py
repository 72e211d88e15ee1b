"""What we remember: one SQLite file per run, its writer, its readers, and the folders runs live in."""
