"""PyTorch's functions beyond the core's, declared with the core's own mechanism.

Reading order: shape, repeat, join, refused, steps, half, elementwise, softmax, index, scatter,
rearrange, order, reduce, linear, conv, norm, loss, mixture, pool and resize are functions; reading,
what x[index] means; views, written and inplace, changes in place; size, device, creation, drawn,
typed, facts, gradient, show and copying, what a tensor is made of and how it looks; methods is the
table that gives all of it to Tensor.
"""
