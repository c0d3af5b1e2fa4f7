"""What providers tell us: one module for each thing that they tell of. Nothing is believed that is not signed."""
