"""What people type about clients, logins, staff and their practice."""
