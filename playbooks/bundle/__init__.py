"""What hosts without internet install, gathered on a connected machine."""
