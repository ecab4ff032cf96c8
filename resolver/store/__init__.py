"""What was seen: outcomes of builds, append-only, in SQLite or PostgreSQL, and as Parquet to hand on."""
