"""What the application writes: users, login attempts, recent clients."""
