"""What IT prepares: the hall's folder, read, checked and taken over."""
