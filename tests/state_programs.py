"""Small programs about the state of modules, for test_states.py: each runs here and in PyTorch."""

BEGIN = """
a, b, c, d = nn.Linear(1, 1), nn.Linear(2, 2), nn.Linear(3, 3), nn.Linear(4, 4)
def ws(net): return [tuple(m.weight.shape) for m in net]
def names(net): return list(net.state_dict())
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        self.w = nn.Parameter(torch.ones(2))
        self.register_buffer("buf", torch.zeros(2))
        self.register_buffer("tmp", torch.zeros(3), persistent=False)
        self.plain = torch.ones(1)
    def forward(self, x, scale=1.0):
        return self.fc(x) * scale
net = Net()
"""

PROGRAMS = """
s = nn.Sequential(a, b); s.append(c); out = ws(s), names(s)
---
s = nn.Sequential(a, b); s.extend([c, d]); out = ws(s)
---
s = nn.Sequential(a, b); s.insert(1, c); out = ws(s), names(s)
---
s = nn.Sequential(a, b); s.insert(-1, c); out = ws(s), names(s)
---
s = nn.Sequential(a, b); s.insert(5, c); out = ws(s), names(s)
---
s = nn.Sequential(a, b); s.insert(2, c); out = ws(s), names(s)
---
s = nn.Sequential(a, b, c); out = ws(s[1:]), names(s[1:]), names(s[-2:]), names(s[::2])
---
s = nn.Sequential(a, b, c); out = s[-1].weight.shape
---
s = nn.Sequential(a, b, c); s[3]
---
s = nn.Sequential(a, b, c); s[-4]
---
s = nn.Sequential(a, b, c); s["0"]
---
s = nn.Sequential(a, b, c); s[0] = d; out = ws(s), names(s)
---
s = nn.Sequential(a, b, c); s[-1] = d; out = ws(s), names(s)
---
s = nn.Sequential(a, b, c); s[7] = d
---
s = nn.Sequential(a, b, c); s[0] = torch.ones(2)
---
s = nn.Sequential(a, b, c); del s[0]; out = ws(s), names(s)
---
s = nn.Sequential(a, b, c); del s[0:2]; out = ws(s), names(s)
---
s = nn.Sequential(a, b, c); del s[-1]; out = ws(s), names(s)
---
s = nn.Sequential(a, b, c); out = s.pop(0), ws(s), names(s)
---
s = nn.Sequential(a, b, c); out = s.pop(-1), ws(s), names(s)
---
s = nn.Sequential(a, b) + nn.Sequential(c); out = ws(s), type(s).__name__
---
s = nn.Sequential(a, b); s += nn.Sequential(c); out = ws(s), names(s)
---
s = nn.Sequential(a, b) * 2; out = ws(s), names(s)
---
s = nn.Sequential(a, b); s *= 2; out = ws(s), names(s)
---
s = 2 * nn.Sequential(a, b); out = ws(s), names(s)
---
s = nn.Sequential(a, b) + [c]
---
s = nn.Sequential(a, b) * 0
---
s = nn.Sequential(OrderedDict(x=a, y=b)); out = names(s), s.x is a
---
s = nn.Sequential(OrderedDict(x=a, y=b)); s.append(c); out = names(s)
---
s = nn.Sequential(a, None)
---
s = nn.Sequential(nn.Linear)
---
s = nn.Sequential([a, b])
---
s = nn.Sequential(a, a, b); out = ws(s), len(s), len(list(s.children())), len(list(s.modules())), [n for n, _ in s.named_modules()], [n for n, _ in s.named_modules(remove_duplicate=False)]
---
s = nn.Sequential(a, b); out = list(reversed(list(s)))
---
s = nn.Sequential(a, b); out = list(reversed(s))
---
m = nn.ModuleList([a, b]); m.append(c); out = ws(m), names(m)
---
m = nn.ModuleList([a, b]); m.insert(1, c); out = ws(m), names(m)
---
m = nn.ModuleList([a, b]); m.extend([c, d]); out = ws(m)
---
m = nn.ModuleList([a, b]); m.extend(x for x in [c, d]); out = ws(m)
---
m = nn.ModuleList([a, b]); m.extend(3)
---
m = nn.ModuleList([a, b]); m.append(3)
---
m = nn.ModuleList([a, b]); m.append(None); out = len(m), [x for x in m]
---
m = nn.ModuleList([a, None, b]); out = len(m), [x for x in m], names(m)
---
m = nn.ModuleList([a, b, c]); out = ws(m[1:]), names(m[1:]), type(m[1:]).__name__, m[-1].weight.shape
---
m = nn.ModuleList([a, b, c]); m[3]
---
m = nn.ModuleList([a, b, c]); m[1] = d; out = ws(m), names(m)
---
m = nn.ModuleList([a, b, c]); m[-1] = d; out = ws(m), names(m)
---
m = nn.ModuleList([a, b, c]); del m[1]; out = ws(m), names(m)
---
m = nn.ModuleList([a, b, c]); del m[1:]; out = ws(m), names(m)
---
m = nn.ModuleList([a, b, c]); out = m.pop(1), ws(m), names(m)
---
m = nn.ModuleList([a, b, c]); out = m.pop(-1), ws(m)
---
m = nn.ModuleList([a, b]) + nn.ModuleList([c]); out = ws(m), names(m), type(m).__name__
---
m = nn.ModuleList([a, b]) + [c]; out = ws(m)
---
m = nn.ModuleList([a, b]); m += [c]; out = ws(m)
---
m = nn.ModuleList([a, a]); out = len(m), len(list(m)), len(list(m.children())), names(m), len(list(m.parameters()))
---
m = nn.ModuleList([a]); m(torch.ones(1))
---
m = nn.ModuleList(a for _ in range(3)); out = len(m)
---
m = nn.ModuleList(); out = len(m), list(m)
---
m = nn.ModuleList(a)
---
m = nn.ModuleList([nn.Linear])
---
e = nn.ModuleDict({"x": a, "y": b}); out = list(e), list(e.keys()), [k for k, _ in e.items()], len(e), names(e), "x" in e, "z" in e
---
e = nn.ModuleDict({"x": a, "y": b}); out = len(e.keys()), e.keys() & {"x"} == {"x"}, len(e.values()), len(e.items())
---
e = nn.ModuleDict({"x": a}); e["z"] = c; out = names(e), e["z"].weight.shape
---
e = nn.ModuleDict({"x": a}); e["q"]
---
e = nn.ModuleDict({"x": a}); e["x"] = d; out = e["x"].weight.shape
---
e = nn.ModuleDict({"x": a, "y": b}); del e["x"]; out = names(e)
---
e = nn.ModuleDict({"x": a, "y": b}); out = e.pop("x"), names(e)
---
e = nn.ModuleDict({"x": a}); e.pop("q")
---
e = nn.ModuleDict({"x": a, "y": b}); e.clear(); out = len(e)
---
e = nn.ModuleDict([["x", a], ["y", b]]); out = names(e)
---
e = nn.ModuleDict({"x": a}); e.update([("y", b)]); out = names(e)
---
e = nn.ModuleDict({"x": a}); e.update(nn.ModuleDict({"y": b})); out = names(e)
---
e = nn.ModuleDict({"x": a}); e.update({"y": b, "x": c}); out = names(e), e["x"].weight.shape
---
e = nn.ModuleDict({"x": a}); e.update(3)
---
e = nn.ModuleDict({"x": a}); e.update([("y",)])
---
e = nn.ModuleDict({"x": 3})
---
e = nn.ModuleDict({3: a})
---
e = nn.ModuleDict({"a.b": a})
---
e = nn.ModuleDict({"forward": a})
---
e = nn.ModuleDict({"keys": a})
---
e = nn.ModuleDict({"x": None}); out = len(e), e["x"], names(e)
---
e = nn.ModuleDict({"y": a, "x": b}); out = list(e)
---
e = nn.ModuleDict({"x": a}); e(1)
---
p = nn.ParameterList([nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(2))]); out = len(p), names(p), [x.shape for x in p], p[-1].shape
---
p = nn.ParameterList([torch.ones(1)]); out = type(p[0]).__name__, names(p), p[0].requires_grad
---
p = nn.ParameterList(nn.Parameter(torch.ones(i)) for i in range(3)); out = [tuple(x.shape) for x in p[1:]], type(p[1:]).__name__, len(p)
---
p = nn.ParameterList(); p.append(nn.Parameter(torch.ones(1))); p.extend([torch.ones(2)]); out = names(p), [x.requires_grad for x in p.parameters()]
---
p = nn.ParameterList([torch.ones(1), torch.ones(2)]); p[0] = torch.zeros(3); out = p[0].shape, type(p[0]).__name__, len(list(p.parameters()))
---
p = nn.ParameterList([torch.ones(1)]); p[4]
---
p = nn.ParameterList([torch.ones(1)]); p += [torch.ones(2)]; out = len(p)
---
p = nn.ParameterList([torch.ones(1)]); p(1)
---
class N2(nn.Module):
    def __init__(self):
        super().__init__()
        self.ps = nn.ParameterList([torch.ones(2), torch.ones(3)])
        self.pd = nn.ParameterDict({"l": torch.ones(2), "r": nn.Parameter(torch.ones(1))})
n = N2(); out = [k for k, _ in n.named_parameters()], names(n)
---
p = nn.ParameterDict({"l": torch.ones(2), "r": torch.ones(1)}); out = list(p.keys()), [k for k, _ in p.items()], len(p), "l" in p, type(p["l"]).__name__, [tuple(v.shape) for v in p.values()]
---
p = nn.ParameterDict({"l": torch.ones(2)}); p["k"] = torch.ones(1); out = list(p), p.get("q"), p.get("q", 3), names(p)
---
p = nn.ParameterDict({"l": torch.ones(2)}); del p["l"]; out = list(p), len(list(p.parameters()))
---
p = nn.ParameterDict({"l": torch.ones(2)}); out = p.pop("l").shape, len(p)
---
p = nn.ParameterDict({"l": torch.ones(2)}); p.update({"a": torch.ones(1), "b": torch.ones(3)}); out = list(p)
---
p = nn.ParameterDict({"l": torch.ones(2)}); p.clear(); out = len(p)
---
p = nn.ParameterDict({"l": torch.ones(2)}); out = p.setdefault("m", torch.zeros(1)).shape, list(p)
---
p = nn.ParameterDict({"l": torch.ones(2)}); out = list(p.copy()), list(p | nn.ParameterDict({"q": torch.ones(1)}))
---
p = nn.ParameterDict({"b": torch.ones(2), "a": torch.ones(1)}); out = list(p)
---
net.fc.weight = net.fc.weight * 0.5
---
net.fc.weight = None; out = names(net), net.fc.weight
---
net.fc.weight = None; net.fc.weight = torch.ones(2, 2)
---
net.fc.weight = None; net.fc.weight = nn.Parameter(torch.ones(2, 2)); out = names(net)
---
net.fc.weight = 3
---
net.fc.weight = "x"
---
net.fc.weight = nn.Linear(1, 1); out = names(net)
---
net.buf = torch.ones(3); out = net.buf, names(net), net.state_dict()["buf"]
---
net.tmp = torch.ones(2); out = names(net), [k for k, _ in net.named_buffers()], net.tmp
---
net.buf = nn.Parameter(torch.ones(3)); out = names(net), [k for k, _ in net.named_parameters()], [k for k, _ in net.named_buffers()]
---
net.buf = nn.Linear(1, 1); out = names(net)
---
net.buf = 3
---
net.buf = None; out = names(net), [k for k, _ in net.named_buffers()]
---
net.buf = None; net.buf = torch.ones(1); out = names(net)
---
net.fc = None; out = names(net), [k for k, _ in net.named_children()]
---
net.fc = None; net.fc = nn.Linear(3, 3); out = names(net)
---
net.fc = torch.ones(2)
---
net.fc = nn.Parameter(torch.ones(1)); out = names(net)
---
net.fc = 3
---
net.plain = nn.Parameter(torch.ones(1)); out = names(net), [k for k, _ in net.named_parameters()]
---
net.plain = nn.Linear(1, 1); out = names(net)
---
net.plain = 3; out = net.plain
---
net.other = torch.ones(3); out = names(net)
---
net.other = None; net.other = torch.ones(1); out = names(net)
---
net.other = None; net.other = nn.Parameter(torch.ones(1)); net.w2 = nn.Parameter(torch.ones(1)); out = names(net)
---
net.w = nn.Parameter(torch.zeros(4)); out = names(net), [k for k, _ in net.named_parameters()], net.w
---
del net.fc.weight; out = names(net), [k for k, _ in net.fc.named_parameters()]
---
del net.fc.weight; net.fc.weight = torch.ones(2, 2); out = names(net)
---
del net.fc.weight; net.fc.weight
---
del net.fc.weight; net.fc(torch.ones(1, 2))
---
del net.buf; out = names(net)
---
del net.fc; out = names(net)
---
del net.nothing
---
del net.tmp; net.register_buffer("tmp", torch.ones(1)); out = names(net)
---
net.register_parameter("w", nn.Parameter(torch.ones(1))); out = net.w
---
net.register_parameter("fc", nn.Parameter(torch.ones(1)))
---
net.register_parameter("plain", nn.Parameter(torch.ones(1)))
---
net.register_parameter("buf", nn.Parameter(torch.ones(1)))
---
net.register_parameter("a.b", nn.Parameter(torch.ones(1)))
---
net.register_parameter("", nn.Parameter(torch.ones(1)))
---
net.register_parameter(3, nn.Parameter(torch.ones(1)))
---
net.register_parameter("q", torch.ones(1))
---
net.register_parameter("q", 3)
---
net.register_parameter("forward", nn.Parameter(torch.ones(1)))
---
net.register_parameter("q", None); out = names(net), net.q, [k for k, _ in net.named_parameters()]
---
net.register_parameter("q", None); net.q = torch.ones(1)
---
net.register_parameter("q", None); net.z = nn.Parameter(torch.ones(1)); net.q = nn.Parameter(torch.ones(1)); out = names(net)
---
net.register_parameter(name="q", param=nn.Parameter(torch.ones(1))); out = names(net)
---
net.register_buffer("q", torch.ones(1)); out = names(net)
---
net.register_buffer("buf", torch.ones(1)); out = names(net), net.buf
---
net.register_buffer("buf", torch.ones(1), persistent=False); out = names(net), [k for k, _ in net.named_buffers()]
---
net.register_buffer("tmp", torch.ones(1)); out = names(net)
---
net.register_buffer("w", torch.ones(1))
---
net.register_buffer("plain", torch.ones(1))
---
net.register_buffer("a.b", torch.ones(1))
---
net.register_buffer("", torch.ones(1))
---
net.register_buffer(1, torch.ones(1))
---
net.register_buffer("q", 3)
---
net.register_buffer("q", [1.0])
---
net.register_buffer("q", None); out = names(net), net.q, [k for k, _ in net.named_buffers()]
---
net.register_buffer("q", None); net.q = torch.ones(2); out = names(net)
---
net.register_buffer("q", nn.Parameter(torch.ones(1))); out = [k for k, _ in net.named_parameters()], [k for k, _ in net.named_buffers()], names(net)
---
net.add_module("q", a); out = names(net)
---
net.add_module("fc", a); out = net.fc.weight.shape
---
net.add_module("w", a)
---
net.add_module("plain", a)
---
net.add_module("forward", a)
---
net.add_module("a.b", a)
---
net.add_module("", a)
---
net.add_module(3, a)
---
net.add_module("q", nn.Linear)
---
net.add_module("q", torch.ones(1))
---
net.add_module("q", None); out = names(net), [k for k, _ in net.named_children()], list(net._modules)
---
net.register_module("q", a); out = names(net)
---
setattr(net, "a.b", nn.Parameter(torch.ones(1)))
---
lin = nn.Linear(2, 1, bias=False); lin.bias = torch.ones(1)
---
lin = nn.Linear(2, 1, bias=False); lin.bias = nn.Parameter(torch.ones(1)); out = names(lin)
---
lin = nn.Conv2d(2, 1, 3, bias=False); lin.bias = torch.ones(1)
---
bn = nn.BatchNorm2d(2, affine=False); bn.weight = torch.ones(2)
---
bn = nn.BatchNorm2d(2, track_running_stats=False); bn.running_mean = torch.ones(2); out = names(bn)
---
bn = nn.GroupNorm(1, 2, affine=False); bn.weight = torch.ones(2)
---
bn = nn.LayerNorm(2, elementwise_affine=False); bn.weight = torch.ones(2)
---
bn = nn.InstanceNorm2d(2); bn.weight = torch.ones(2)
---
bn = nn.InstanceNorm2d(2); bn.running_mean = torch.ones(2); out = names(bn)
---
class Late(nn.Module):
    def __init__(self):
        self.q = nn.Linear(1, 1)
        super().__init__()
Late()
---
class Late(nn.Module):
    def __init__(self):
        self.q = nn.Parameter(torch.ones(1))
        super().__init__()
Late()
---
class Late(nn.Module):
    def __init__(self):
        self.k = 3
        super().__init__()
        self.q = nn.Linear(1, 1)
out = names(Late()), Late().k
---
nn.Module(3)
---
nn.Parameter(torch.tensor([1, 2]))
---
out = nn.Parameter(torch.tensor([1, 2]), requires_grad=False)
---
nn.Parameter([1.0])
---
p = nn.Parameter(net.w * 2); out = p.is_leaf, p.requires_grad, p
---
x = torch.ones(2); p = nn.Parameter(x); x[0] = 5; out = p
---
net.w._x = 1
out = list(net._parameters), list(net._buffers), list(net._modules)
---
del net._parameters["w"]; out = names(net), hasattr(net, "w")
---
del net._parameters["zzz"]
---
net._parameters["q"] = nn.Parameter(torch.ones(1)); out = names(net), net.q
---
net._buffers["q"] = torch.ones(1); out = names(net), net.q
---
net._modules["q"] = a; out = names(net), net.q
---
net._modules["fc"] = a; out = net.fc.weight.shape
---
net._buffers["buf"] = torch.ones(5); out = net.buf.shape
---
out = [k for k in net._modules.keys()], net._parameters.get("zz"), "w" in net._parameters, len(net._buffers)
---
net.get_parameter("fc.weight"); out = net.get_parameter("fc.weight").shape, net.get_buffer("buf").shape, net.get_submodule("fc"), net.get_submodule("") is net
---
net.get_parameter("fc")
---
net.get_parameter("buf")
---
net.get_buffer("w")
---
net.get_buffer("zz")
---
net.get_submodule("zz")
---
net.get_submodule("w")
---
out = net.get_buffer("tmp")
---
out = [k for k, _ in net.named_parameters(prefix="G")], [k for k, _ in net.named_parameters("G", False)], [k for k, _ in net.named_buffers("G")], [k for k, _ in net.named_modules(prefix="G")], [k for k, _ in net.named_modules(None, "G")]
---
n = nn.Sequential(a, nn.ReLU(), a); out = [k for k, _ in n.named_parameters()], [k for k, _ in n.named_parameters(remove_duplicate=False)], names(n), [k for k, _ in n.named_children()]
---
n = nn.Module(); n.a = net.fc; n.b = net.fc; n.w = net.fc.weight; out = [k for k, _ in n.named_parameters()], names(n), len(list(n.parameters())), [k for k, _ in n.named_parameters(remove_duplicate=False)]
---
n = nn.Module(); n.a = nn.BatchNorm1d(2); n.b = n.a; out = [k for k, _ in n.named_buffers()], [k for k, _ in n.named_buffers(remove_duplicate=False)], names(n)
---
n = nn.Module(); n.a = nn.Sequential(a); n.b = nn.Sequential(a); log = []; n.apply(lambda m: log.append(type(m).__name__)); out = log
---
n = nn.Sequential(a, nn.ReLU(), a); log = []; n.apply(lambda m: log.append(type(m).__name__)); out = log
---
n = nn.Sequential(a, a); m = copy.deepcopy(n); out = m[0] is m[1], len(list(m.parameters()))
---
n = nn.Module(); n.a = nn.Linear(2, 2); n.b = nn.Linear(2, 2); n.b.weight = n.a.weight; m = copy.deepcopy(n); out = m.a.weight is m.b.weight, names(m), len(list(m.parameters()))
---
import pickle
n = nn.Sequential(a, a); m = pickle.loads(pickle.dumps(n)); out = m[0] is m[1], len(list(m.parameters())), names(m)
---
n = nn.Sequential(a, nn.ReLU(), a); sd = n.state_dict(); sd["2.weight"] = torch.full((1, 1), 7.0); n.load_state_dict(sd); out = n[0].weight
---
out = net.double().buf, net.tmp, net.w, net.fc.weight.dtype, net.plain.dtype
---
w = net.w; net.double(); out = w is net.w, w.dtype
---
net.register_buffer("k", torch.tensor([3])); net.half(); out = net.k, net.w, net.tmp.dtype
---
net.register_buffer("k", torch.tensor([3])); net.type(torch.float64); out = net.k, net.w
---
net.register_buffer("k", torch.tensor([3])); net.to(torch.float64); out = net.k, net.w
---
net.to(torch.int64)
---
net.to(torch.float64, True); out = net.w.dtype
---
net.to("cpu", torch.float64, False); out = net.w.dtype
---
net.to(device="cpu", dtype=torch.float64, non_blocking=True); out = net.w.dtype
---
net.to(torch.ones(1, dtype=torch.float64)); out = net.w.dtype
---
net.to(copy=True)
---
net.to("cpu", torch.float64, False, True)
---
net.to()
---
net.type(torch.int64)
---
n = nn.BatchNorm1d(2).double(); out = n.num_batches_tracked, n.running_mean.dtype
---
net.fc(torch.ones(1, 2)).sum().backward(); net.double(); out = net.fc.weight.grad.dtype, net.fc.weight.grad.shape
---
sd = net.state_dict(); net.double(); out = sd["w"].dtype
---
sd = net.state_dict(); net.w.data.fill_(3.0); out = sd["w"]
---
sd = net.state_dict(); net.buf.fill_(3.0); out = sd["buf"]
---
sd = net.state_dict(prefix="G."); out = list(sd)
---
d = OrderedDict(); d["first"] = 1; r = net.state_dict(destination=d, prefix="x."); out = r is d, list(d)
---
sd = net.state_dict(keep_vars=True); out = sd["w"] is net.w, sd["w"].requires_grad, net.state_dict()["w"].requires_grad
---
out = type(net.state_dict()).__name__
---
net.load_state_dict(net.state_dict()); out = str(net.load_state_dict(net.state_dict()))
---
sd = net.state_dict(); del sd["w"]; net.load_state_dict(sd)
---
sd = net.state_dict(); del sd["w"]; r = net.load_state_dict(sd, strict=False); out = r.missing_keys, r.unexpected_keys, r
---
sd = net.state_dict(); sd["zz"] = torch.ones(1); net.load_state_dict(sd)
---
sd = net.state_dict(); sd["zz"] = torch.ones(1); r = net.load_state_dict(sd, False); out = list(r)
---
sd = net.state_dict(); sd["w"] = torch.ones(3); net.load_state_dict(sd, strict=False)
---
sd = net.state_dict(); sd["w"] = torch.full((2,), 0.1, dtype=torch.float64); net.load_state_dict(sd); out = net.w
---
sd = net.state_dict(); sd["w"] = torch.tensor([1, 2]); net.load_state_dict(sd); out = net.w
---
sd = net.state_dict(); sd["w"] = torch.tensor([True, False]); net.load_state_dict(sd); out = net.w
---
bn = nn.BatchNorm1d(1); sd = bn.state_dict(); sd["num_batches_tracked"] = torch.tensor(3.7); bn.load_state_dict(sd); out = bn.num_batches_tracked
---
bn = nn.BatchNorm1d(1); sd = bn.state_dict(); sd["num_batches_tracked"] = torch.tensor([4]); bn.load_state_dict(sd); out = bn.num_batches_tracked
---
net.load_state_dict(3)
---
net.load_state_dict([1])
---
w = net.w; net.load_state_dict(net.state_dict()); out = w is net.w
---
net.train("yes")
---
net.train(0)
---
class Frozen(nn.BatchNorm1d):
    def train(self, mode=True):
        return super().train(False)
n = nn.Sequential(Frozen(2), nn.Linear(2, 2)); n.train(); out = n[0].training, n[1].training, n.training
---
class Out(nn.Linear):
    def state_dict(self, *a, **k):
        d = super().state_dict(*a, **k)
        return d
n = nn.Sequential(Out(1, 1)); out = names(n)
---
class Part(nn.Linear):
    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination.pop(prefix + "bias")
n = nn.Sequential(Part(1, 1)); out = names(n)
---
n = nn.Linear(1, 1).requires_grad_(False); out = [p.requires_grad for p in n.parameters()], n(torch.ones(1, 1)).requires_grad
---
net.zero_grad(); net.fc(torch.ones(1, 2)).sum().backward(); g = net.fc.weight.grad; net.zero_grad(set_to_none=False); out = net.fc.weight.grad, g, g is net.fc.weight.grad, net.w.grad
---
out = net(torch.ones(1, 2), scale=2.0).shape
---
log = []
h = net.register_forward_hook(lambda m, i, o: log.append((len(i), tuple(o.shape)))); net(torch.ones(1, 2), scale=2.0); h.remove(); net(torch.ones(1, 2)); out = log
---
log = []
net.register_forward_hook(lambda m, i, k, o: log.append((len(i), sorted(k))), with_kwargs=True); net(torch.ones(1, 2), scale=2.0); out = log
---
log = []
net.register_forward_hook(lambda *a: log.append(1)); net.register_forward_hook(lambda *a: log.append(2), prepend=True); net(torch.ones(1, 2)); out = log
---
log = []
net.register_forward_pre_hook(lambda *a: log.append(1)); net.register_forward_pre_hook(lambda *a: log.append(2), prepend=True); net(torch.ones(1, 2)); out = log
---
net.register_forward_pre_hook(lambda m, i, k: (i, {"scale": 0.0}), with_kwargs=True); out = net(torch.ones(1, 2))
---
net.register_forward_pre_hook(lambda m, i, k: 3, with_kwargs=True); out = net(torch.ones(1, 2))
---
net.register_forward_pre_hook(lambda m, i: (torch.zeros(1, 2),)); net.fc.bias.data.zero_(); out = net(torch.ones(1, 2))
---
net.register_forward_hook(lambda m, i, o: o * 0); out = net(torch.ones(1, 2))
---
with net.register_forward_hook(lambda m, i, o: o * 0): x = net(torch.ones(1, 2))
out = x, net(torch.ones(1, 2)).abs().sum().item() > 0
---
net.fc.forward = lambda x: x * 3; out = net(torch.ones(1, 2))
---
class Clash(nn.Module):
    def block(self): return 3
    def __init__(self):
        super().__init__()
        self.block = nn.Parameter(torch.ones(1))
Clash()
---
nn.Module()(3)
---
net.w.grad = torch.ones(2); out = net.w.grad
---
net.w.grad = torch.ones(3)
---
net.w.grad = torch.ones(2, dtype=torch.float64)
---
net.w.grad = torch.ones(1, 2)
---
net.w.grad = 3
---
net.w.grad = [1.0, 2.0]
---
net.w.grad = net.w
---
net.w.grad = None; out = net.w.grad
---
x = torch.ones(2); x.grad = torch.ones(2); out = x.grad
---
x = torch.tensor([1, 2]); x.grad = torch.tensor([1, 2]); out = x.grad
---
del net.w.grad; out = net.w.grad
---
y = net.w * 2; out = y.grad
---
net.w.grad = torch.zeros(2); (net.w * 3).sum().backward(); out = net.w.grad
---
g = torch.zeros(2); net.w.grad = g; (net.w * 3).sum().backward(); out = g
---
net.state = nn.Linear(1, 1); out = names(net); net.load_state_dict(net.state_dict())
---
net.members = nn.Linear(1, 1); out = names(net); net.load_state_dict(net.state_dict())
---
class O(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(1, 1) for _ in range(2)])
        self.blocks = nn.ModuleDict({"a": nn.Linear(1, 1)})
        self.act = nn.ReLU()
o = O(); out = names(o), len(list(o.modules())), [k for k, _ in o.named_modules()]
---
class O(nn.Module):
    def __init__(self, n):
        super().__init__()
        for i in range(n):
            setattr(self, f"conv{i}", nn.Linear(1, 1))
            self.add_module("bn%d" % i, nn.BatchNorm1d(1))
o = O(2); out = names(o)
---
class A(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = nn.Linear(1, 1)
class B(A):
    def __init__(self):
        super(B, self).__init__()
        self.x = nn.Linear(2, 2)
        self.y = nn.Linear(1, 1)
out = names(B())
---
class A(nn.Module):
    def __init__(self):
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))
        self.register_buffer("fixed", torch.zeros(1))
    def forward(self, x):
        self.fixed = self.fixed + 1
        self.last = x * 2
        return self.last * self.gamma
m = A(); m(torch.ones(1)); m(torch.ones(1)); out = m.fixed, names(m), m.state_dict()["fixed"]
---
m = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1)); m2 = copy.deepcopy(m); m2[0].weight.data.fill_(5.0); out = m[0].weight.item() != 5.0
---
m = nn.Sequential(nn.Linear(2, 2)); m[0].weight.requires_grad = False; out = [p.requires_grad for p in m.parameters()]
---
m = nn.Linear(2, 2); m.weight.data = torch.ones(2, 2); w = m.weight; out = m.weight, w is m.weight, names(m)
---
m = nn.Linear(2, 2); m.weight = nn.Parameter(m.weight.detach().clone()); out = names(m), [n for n, _ in m.named_parameters()]
---
m = nn.Linear(2, 2); m.extra = 3; m.extra = nn.Parameter(torch.ones(1)); m.weight = nn.Parameter(torch.ones(2, 2)); out = names(m)
---
g, d2 = nn.Linear(2, 2), nn.Linear(2, 2); out = [p.shape for p in nn.ModuleList([g, d2]).parameters()]
---
m = nn.Sequential(OrderedDict([("c", nn.Linear(1, 1)), ("r", nn.ReLU())])); m.add_module("z", nn.Linear(1, 1)); out = names(m), len(m), m.c.weight.shape
---
m = nn.Sequential(); m.add_module("0", a); m.add_module("x", b); out = names(m), len(m)
---
def init(m):
    n = m.__class__.__name__
    if n.find("Linear") != -1: m.weight.data.normal_(0.0, 0.02)
    elif n.find("BatchNorm") != -1: m.weight.data.normal_(1.0, 0.02); m.bias.data.fill_(0)
m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)); out = m.apply(init) is m, m[1].bias
---
for p in net.parameters(): p.data.clamp_(-0.01, 0.01)
out = max(p.abs().max().item() for p in net.parameters()) <= 0.0101
---
net.eval(); out = net.training, net.fc.training; net.train()
---
out = [n for n, m in net.named_children()], next(net.children()) is net.fc, next(net.parameters()) is net.w
---
net.load_state_dict(OrderedDict((k, v) for k, v in net.state_dict().items())); out = names(net)
---
sd = {k.replace("fc", "gc"): v for k, v in net.state_dict().items()}; r = net.load_state_dict(sd, strict=False); out = r.missing_keys, r.unexpected_keys, str(r)
---
own = net.state_dict(); own.update({"w": torch.full((2,), 3.0)}); net.load_state_dict(own); out = net.w
---
net.state_dict()["w"].copy_(torch.tensor([4.0, 5.0])); out = net.w
---
net.fc.weight.data *= 0; net.fc.bias.data[:] = 1.0; out = net(torch.ones(1, 2))
---
out = hasattr(net, "buf"), hasattr(net, "nothing"), "w" in dict(net.named_parameters()), isinstance(net.w, torch.Tensor), isinstance(net.buf, nn.Parameter)
---
net.__dict__["hidden"] = 3; out = net.hidden
---
x = torch.ones(2, requires_grad=True); x.grad = torch.zeros(2); x.grad.fill_(2.0); out = x.grad
---
x = torch.ones(2, requires_grad=True); (x * x).sum().backward(); x.grad.zero_(); (x * x).sum().backward(); out = x.grad
---
x = torch.ones(2, requires_grad=True); (x * x).sum().backward(); x.grad.data.zero_(); out = x.grad
---
x = torch.ones(2, requires_grad=True); (x * x).sum().backward(); x.grad *= 3; out = x.grad
---
m = nn.Sequential(nn.BatchNorm2d(2), nn.GroupNorm(1, 2), nn.LayerNorm(2), nn.InstanceNorm2d(2, affine=True), nn.PReLU(init=0.5))
m[0](torch.ones(2, 2, 2, 2))
for p in m.parameters(): p.data.fill_(7.0)
out = [hasattr(l, "reset_parameters") and l.reset_parameters() for l in m], [(k, v.tolist()) for k, v in m.state_dict().items()]
---
m = nn.BatchNorm1d(2); m(torch.ones(3, 2)); m.weight.data.fill_(7.0); m.reset_running_stats(); out = [(k, v.tolist()) for k, v in m.state_dict().items()]
---
m = nn.Embedding(5, 3, padding_idx=1); m.weight.data.fill_(9.0); m.reset_parameters(); out = m.weight[1].tolist(), (m.weight == 9).any().item()
""".strip().split("\n---\n")
