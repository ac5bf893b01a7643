"""What benchmarks/fuzz.py tries: kinds of damage, small valid files, and every reader of files."""
