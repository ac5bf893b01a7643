"""cupyx.scipy for the stand-in."""
