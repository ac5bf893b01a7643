"""torch.backends.cudnn's switches: see minigan.torch.backends."""

enabled = True
benchmark = False
deterministic = False
allow_tf32 = False
