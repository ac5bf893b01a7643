"""JAX: a whole step is one compiled function; images are channels last, as XLA likes them.

BatchNorm's running statistics, which no training step reads, are not kept.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import harness
import numpy as np
import systems

from peers import Peer


def prepare(
    system: systems.System, form: list[str], weights: Mapping[str, np.ndarray], threads: int
) -> Peer:
    jax, jnp = harness.installed("jax"), harness.installed("jax.numpy")
    tree, lax = jax.tree_util.tree_map, jax.lax
    *rates, beta1 = system.rates

    def convolved(x: Any, kind: str, w: Any, stride: int, padding: int) -> Any:
        words, size = ("NHWC", "HWIO", "NHWC"), w.shape[0]
        if kind == "Conv2d":
            return lax.conv_general_dilated(
                x, w, (stride, stride), [(padding, padding)] * 2, dimension_numbers=words
            )
        return lax.conv_general_dilated(
            x, w, (1, 1), [(size - 1 - padding,) * 2] * 2, (stride, stride), dimension_numbers=words
        )

    def normalised(x: Any, scale: Any, shift: Any) -> Any:
        mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
        return (x - mean) * (scale * lax.rsqrt(var + 1e-5)) + shift

    def forward(layers: systems.Layers, net: Any, x: Any, key: Any, dropout: float) -> Any:
        parameters = iter(net)
        for number, (kind, *sizes) in enumerate(layers):
            if kind == "Linear":
                w, *b = next(parameters)
                x = x @ w.T + b[0]
            elif kind in ("Conv2d", "ConvTranspose2d"):
                w, *b = next(parameters)
                x = convolved(x, kind, w, *sizes[3:]) + (b[0] if b else 0.0)
            elif kind == "BatchNorm2d":
                x = normalised(x, *next(parameters))
            elif kind == "LeakyReLU":
                x = jnp.where(x > 0, x, sizes[0] * x)
            elif kind == "Dropout" and dropout:
                kept = jax.random.bernoulli(jax.random.fold_in(key, number), 1 - dropout, x.shape)
                x = jnp.where(kept, x / (1 - dropout), 0.0)
            elif kind == "Flatten":
                x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
            elif kind != "Dropout":
                x = {"ReLU": jax.nn.relu, "Tanh": jnp.tanh, "Sigmoid": jax.nn.sigmoid}[kind](x)
        return x

    def bce(p: Any, target: float) -> Any:
        return -jnp.maximum(jnp.log(p if target else 1 - p), -100.0).mean()

    def adam(state: Any, g: Any, lr: float) -> Any:
        p, m, v, t = state
        t = t + 1.0
        m = tree(lambda m, g: beta1 * m + (1 - beta1) * g, m, g)
        v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        scale, correction = lr / (1 - beta1**t), 1 / (1 - 0.999**t)
        p = tree(lambda p, m, v: p - scale * m / (jnp.sqrt(v * correction) + 1e-8), p, m, v)
        return p, m, v, t

    def step(state: Any, x: Any, zs: Any, dropout: float) -> Any:
        D, G, key = state
        key, *keys = jax.random.split(key, 4)
        keys = iter(keys)

        def judged(net: Any, images: Any, key: Any) -> Any:
            return forward(system.D, net, images, key, dropout)

        def drawn(z: Any) -> Any:  # images, and what turns their gradient into G's
            return jax.vjp(lambda net: forward(system.G, net, z, None, 0.0), G[0])

        def loss_of_half(images: Any, target: float, key: Any, net: Any) -> Any:
            return bce(judged(net, images, key), target)

        def learned(D: Any, loss: Any) -> tuple[Any, Any]:
            value, g = jax.value_and_grad(loss)(D[0])
            return adam(D, g, rates[0]), value

        fake, pull = drawn(zs[0])
        losses = []
        if system.step in ("s1", "s5"):

            def loss_of_both(net: Any) -> Any:
                p = judged(net, jnp.concatenate([x, fake]), None)
                return (bce(p[: len(x)], 1.0) + bce(p[len(x) :], 0.0)) / 2

            D, loss = learned(D, loss_of_both)
            losses.append(loss)
        elif system.step == "s2":
            for images, target in ((x, 1.0), (fake, 0.0)):
                of_half = partial(loss_of_half, images, target, next(keys))
                D, loss = learned(D, of_half)
                losses.append(loss)
        else:

            def loss_of_each(net: Any) -> Any:
                each = bce(judged(net, x, None), 1.0), bce(judged(net, fake, None), 0.0)
                return sum(each), each

            (loss, each), g = jax.value_and_grad(loss_of_each, has_aux=True)(D[0])
            D = adam(D, g, rates[0])
            losses += [loss] if system.step == "s3" else each
        if system.draws == 2:
            fake, pull = drawn(zs[1])

        def loss_of_G(images: Any) -> Any:
            pixels = jnp.abs(images - x).mean() * 100.0 if system.step == "s5" else 0.0
            return bce(judged(D[0], images, next(keys)), 1.0) + pixels

        loss, g = jax.value_and_grad(loss_of_G)(fake)
        return (D, adam(G, *pull(g), rates[1]), key), (*losses, loss)

    def begun(name: str) -> Any:
        parameters, number = [], 0
        for layer in getattr(system, name):
            if shape := systems.shape_of(layer):
                w = weights[f"{name}{number}"]
                bias = [jnp.zeros(layer[2])] if system.bias else []
                if layer[0] == "Conv2d":
                    w = w.transpose(2, 3, 1, 0)
                elif layer[0] == "ConvTranspose2d":  # a convolution of what is spread, mirrored
                    w = w[:, :, ::-1, ::-1].transpose(2, 3, 0, 1)
                parameters.append([jnp.asarray(w), *bias])
                number += bool(shape)
            elif layer[0] == "BatchNorm2d":
                parameters.append([jnp.ones(layer[1]), jnp.zeros(layer[1])])
        zeros = [tree(jnp.zeros_like, parameters) for _ in range(2)]
        return parameters, *zeros, jnp.zeros(())

    @partial(jax.jit, static_argnums=1)
    def normal(key: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
        key, of_noise = jax.random.split(key)
        return key, jax.random.normal(of_noise, shape)

    compiled = jax.jit(step, static_argnums=3, donate_argnums=0)
    state, dropout, key = (begun("D"), begun("G"), jax.random.key(1)), 0.0, jax.random.key(2)

    def run(x: Any, *zs: Any) -> tuple[Any, ...]:
        nonlocal state
        state, losses = compiled(state, x, zs, dropout)
        return jax.block_until_ready(losses)

    def to(array: np.ndarray) -> Any:
        return jnp.asarray(array.transpose(0, 2, 3, 1) if array.ndim == 4 else array)

    def noise(n: int, *shape: int) -> Any:
        nonlocal key
        key, drawn = normal(key, (n, *shape[1:], *shape[:1]))
        return drawn

    def drop_out() -> None:
        nonlocal dropout
        dropout = systems.DROPOUT

    return Peer(run, to, noise, drop_out)
