"""torch.cuda.amp: torch.amp's names as they were before, for "cuda"."""

from minigan.torch import amp
from minigan.torch.amp import custom_bwd, custom_fwd

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


class autocast(amp.autocast):
    """torch.amp.autocast("cuda", …)"""

    def __init__(self, enabled: bool = True, dtype: object = None, cache_enabled: bool = True):
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """torch.amp.GradScaler("cuda", …)"""

    def __init__(self, *args: float, **options: float):
        super().__init__("cuda", *args, **options)  # type: ignore[arg-type]
