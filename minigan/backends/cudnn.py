"""torch.backends.cudnn's switches: see minigan.backends."""

enabled = True
benchmark = False
deterministic = False
allow_tf32 = False
