"""The parts of benchmarks/stress_resume.py."""
