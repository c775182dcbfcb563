"""What Binder makes of this repository, checked without Docker."""
