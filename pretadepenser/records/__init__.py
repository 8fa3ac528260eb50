"""What the application writes: users, sessions, login attempts, tokens, recent clients."""
