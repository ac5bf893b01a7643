"""PyTorch's functions beyond the core's, declared with the core's own mechanism.

Reading order: shape, repeat, join, checks, elementwise, index, scatter, rearrange, reduce, linear,
conv, norm, loss and resize are functions; reading, what x[index] means; written and inplace,
changes in place; size, device, creation, typed, show, what a tensor is made of and how it looks;
methods is the table that gives all of it to Tensor.
"""
