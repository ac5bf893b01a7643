"""torch.version: whose words these are, and no build of PyTorch for any GPU."""

__version__ = "2.0.0+minigan"  # programs ask for the age of PyTorch's words: they are those of 2
cuda = None
git_version = "minigan"
