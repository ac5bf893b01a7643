"""Looks at a computation from outside, while it runs or after it, and changes nothing in it."""
