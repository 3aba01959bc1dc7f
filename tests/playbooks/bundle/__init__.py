"""Tests of what is gathered for hosts without internet."""
