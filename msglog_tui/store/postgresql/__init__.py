"""What is PostgreSQL's alone: connections, schema and migrations, roles, its ways to say things."""
