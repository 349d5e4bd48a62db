"""Writes the files that ForeignFilesTest reads: a small network as other people's programs save it. Real pickles in PyTorch's layout,
made by Python and NumPy with stand-ins for PyTorch's classes, so that none of them is needed to read the files."""
import argparse, collections, io, pickle, random, struct, sys, types, zipfile
import numpy

def module(name):
    parent, _, child = name.rpartition(".")
    made = sys.modules[name] = types.ModuleType(name)
    if parent: setattr(sys.modules[parent], child, made)
    return made
for name in ["torch", "torch._utils", "torch._tensor", "torch.nn", "torch.nn.modules", "torch.nn.modules.module", "mynet", "__torch__"]: module(name)
def named(module, name, thing):
    thing.__module__, thing.__qualname__, thing.__name__ = module, name, name
    setattr(sys.modules[module], name, thing)
    return thing
FORMATS = {"FloatStorage": "f", "DoubleStorage": "d", "HalfStorage": "e", "LongStorage": "q", "IntStorage": "i", "UntypedStorage": "B"}
STORAGES = {name: named("torch", name, type(name, (), {})) for name in FORMATS}
rebuild = named("torch._utils", "_rebuild_tensor_v2", lambda *a: None)
rebuild3 = named("torch._utils", "_rebuild_tensor_v3", lambda *a: None)
parameter = named("torch._utils", "_rebuild_parameter", lambda *a: None)
parameter_with_state = named("torch._utils", "_rebuild_parameter_with_state", lambda *a: None)
from_type = named("torch._tensor", "_rebuild_from_type_v2", lambda *a: None)
quantized = named("torch._utils", "_rebuild_qtensor", lambda *a: None)
sparse = named("torch._utils", "_rebuild_sparse_tensor", lambda *a: None)
device = named("torch", "device", type("device", (), {"__init__": lambda s, *a: None, "__reduce__": lambda s: (device, ("cpu",))}))
size = named("torch", "Size", type("Size", (tuple,), {"__reduce__": lambda s: (size, (tuple(s),))}))
Net = named("mynet", "Net", type("Net", (), {}))
Layer = named("torch.nn.modules.module", "Module", type("Module", (), {}))
Script = named("__torch__", "Net", type("Net", (), {}))
State = named("mynet", "State", type("State", (), {"__slots__": ["epoch", "weights"]}))
Bag = named("mynet", "Bag", type("Bag", (dict,), {}))

class Storage:
    def __init__(self, values, kind): self.values, self.kind = values, kind
class Tensor:
    def __init__(self, array, storage=None, offset=0, strides=None, kind="FloatStorage", how=None):
        self.storage = storage or Storage([float(v) if kind != "LongStorage" else int(v) for v in array.flatten()], kind)
        self.offset, self.shape, self.how = offset, array.shape, how
        self.strides = strides or tuple(int(s) // array.itemsize for s in array.strides)
    def __reduce_ex__(self, protocol):
        made = (rebuild, (self.storage, self.offset, self.shape, self.strides, False, collections.OrderedDict()))
        return self.how(*made) if self.how else made

def dump(thing, protocol, seen, module_sources=False):
    classes = []
    class Pickler(pickle.Pickler):
        def persistent_id(self, each):
            if isinstance(each, Storage):
                if each not in seen: seen.append(each)
                return ("storage", STORAGES[each.kind], str(seen.index(each)), "cpu", len(each.values)) + ((None,) if module_sources else ())
            if module_sources and (each is Net or each is Layer) and each not in classes:
                classes.append(each)
                return ("module", each, "net.py", "class Net: pass")
    out = io.BytesIO(); Pickler(out, protocol).dump(thing)
    return out.getvalue()
def content(storage, order="<"): return struct.pack(order + str(len(storage.values)) + FORMATS[storage.kind], *storage.values)
def save(thing, name, folder="archive", protocol=2, order="little", method=zipfile.ZIP_STORED, more={}):
    seen = []; data = dump(thing, protocol, seen)
    with zipfile.ZipFile(name, "w", method) as z:
        write = lambda entry, bytes: z.writestr(zipfile.ZipInfo(entry), bytes, method)
        write(folder + "/data.pkl", data)
        for entry, bytes in more.items(): z.writestr(zipfile.ZipInfo(folder + "/" + entry), bytes, zipfile.ZIP_DEFLATED)
        write(folder + "/byteorder", order)
        for i, storage in enumerate(seen): write(f"{folder}/data/{i}", content(storage, "<" if order == "little" else ">"))
        write(folder + "/version", "3\n")
def save_legacy(thing, name):
    seen = []; data = dump(thing, 2, seen, True)
    with open(name, "wb") as f:
        for each in (0x1950a86a20f9469cfc6c, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}): f.write(pickle.dumps(each, 2))
        f.write(data); f.write(pickle.dumps([str(i) for i in range(len(seen))], 2))
        for storage in seen: f.write(struct.pack("<q", len(storage.values)) + content(storage))

SHAPES = {"conv1.weight": (2, 1, 3, 3), "conv1.bias": (2,), "bn1.weight": (2,), "bn1.bias": (2,), "bn1.running_mean": (2,), "bn1.running_var": (2,), "fc.weight": (4, 3), "fc.bias": (4,)}
def array(i, shape, add=0.0): return (numpy.arange(numpy.prod(shape), dtype=numpy.float32).reshape(shape) + 32 * i + add).astype(numpy.float32)
def arrays(add=0.0): return {name: array(i, shape, add) for i, (name, shape) in enumerate(SHAPES.items())}
def weights(prefix="", add=0.0, **kind): return collections.OrderedDict((prefix + name, Tensor(a, **kind)) for name, a in arrays(add).items())
def scalar(value): return Tensor(numpy.array(value, dtype=numpy.float32))
def optimizer(): return {"state": {i: {"step": 5, "exp_avg": Tensor(a + 1000)} for i, a in enumerate(arrays().values())}, "param_groups": [{"lr": 0.1, "params": [0, 1]}]}

save({"epoch": 90, "arch": "net", "state_dict": weights("module."), "best_acc1": scalar(69.8), "optimizer": optimizer()}, "examples.pth")
save({"optimizer": optimizer(), "model_ema": weights(add=500), "ema_decay": scalar(0.999), "model": weights()}, "ema.pth")
save({"net": weights("module._orig_mod."), "acc": 95.1}, "compiled_parallel.pth")
save({"checkpoint": {"epoch": 3, "model_state_dict": weights()}}, "nested.pth")
save([{"epoch": 3}, (weights(), "x")], "listed.pth", protocol=4)
save({"state_dict": collections.OrderedDict(list(weights("model.backbone.").items()) + [("criterion.weight", scalar(1))]), "callbacks": {Net: {"best": scalar(1)}}}, "lightning.pth")
save(collections.OrderedDict((k.replace("conv1.", "conv1.module."), v) for k, v in weights().items()), "wrapped_part.pth")
save({"model": weights(), "args": argparse.Namespace(lr=0.1), "size": size((1, 2)), "device": device("cpu"), "when": __import__("datetime").datetime(2020, 1, 1)}, "namespace.pth")
save({"state_dict": weights(), "best_acc": numpy.float64(95.1), "history": numpy.arange(3)}, "numpy_scalar.pth")
save({"model": weights(), ("a", 1): 3, None: 4, "set": {1, 2}, "bytes": b"\x00\xff", "frozen": frozenset([1]), "random": random.Random(1).getstate(), "large": 1 << 200, "complex": 1j}, "odd_values.pth", protocol=4)
expanded = weights(); expanded["pixel_mean"] = Tensor(numpy.zeros(3, numpy.float32), Storage([0.5], "FloatStorage"), 0, (0,)); expanded["bn1.num_batches_tracked"] = Tensor(numpy.array(7), kind="LongStorage")
save(expanded, "expanded.pth")
wrapped = weights()
for i, (name, tensor) in enumerate(wrapped.items()):
    tensor.how = [lambda f, a: (parameter, (Raw(f, a), True, collections.OrderedDict())), lambda f, a: (parameter_with_state, (Raw(f, a), True, collections.OrderedDict(), {"tag": 1})), lambda f, a: (from_type, (f, Net, a, {}))][i % 3]
class Raw:
    def __init__(self, f, a): self.f, self.a = f, a
    def __reduce__(self): return (self.f, self.a)
save(wrapped, "parameters.pth")
def net(cls):
    made, layers = cls(), collections.OrderedDict()
    for name, tensor in weights().items():
        layer, leaf = name.split(".")
        if layer not in layers: layers[layer] = Layer(); layers[layer].__dict__.update(training=True, _parameters=collections.OrderedDict(), _buffers={}, _modules={})
        (layers[layer]._buffers if "running" in leaf else layers[layer]._parameters)[leaf] = tensor
    made.__dict__.update(training=True, _parameters={}, _buffers={}, _modules=layers, _hooks=collections.OrderedDict())
    return made
save(net(Net), "whole.pth"); save_legacy(net(Net), "whole_legacy.pth"); save_legacy({"model": net(Net), "epoch": 3}, "whole_in_dictionary_legacy.pth")
script = Script(); script.training = True
for layer in ("conv1", "bn1", "fc"):
    part = Script(); setattr(script, layer, part)
    for name, tensor in weights().items():
        if name.startswith(layer + "."): setattr(part, name.split(".")[1], tensor)
save(script, "script.pt", "net", more={"constants.pkl": b"\x80\x02).", "code/__torch__.py": b"class Net(Module):\n" * 400})
state = State(); state.epoch = 3; state.weights = weights("0.")
save({"trainer": state}, "slots.pth")
bag = Bag(weights()); save({"bag": bag}, "bag.pth", "my net.v2")
flat, views, at = Storage([], "FloatStorage"), collections.OrderedDict(), 0
for name, a in arrays().items(): flat.values += [float(v) for v in a.flatten("F")]; views[name] = Tensor(a, flat, at, tuple(int(s) // 4 for s in numpy.asfortranarray(a).strides)); at += a.size
save({"flat": views}, "one_storage.pth")
for kind in ("HalfStorage", "DoubleStorage"): save(weights(kind=kind), kind + ".pth")
save(weights(), "big_endian.pth", order="big"); save(weights(), "compressed.pth", method=zipfile.ZIP_DEFLATED)
broken = weights(); broken["fc.weight"].how = lambda f, a: (quantized, a); save(broken, "quantized.pth")
broken["fc.weight"].how = lambda f, a: (sparse, ("coo", a)); save(broken, "sparse.pth")
mixed = {name: numpy.asfortranarray(a) if i % 2 else a.astype(numpy.float64) for i, (name, a) in enumerate(arrays().items())}
for protocol in (2, 4, 5): open(f"numpy_{protocol}.pkl", "wb").write(pickle.dumps({"weights": mixed, **({"names": numpy.array(["a", None], dtype=object)} if protocol == 4 else {})}, protocol))
numpy.savez("arrays.npz", **mixed); numpy.savez_compressed("arrays_compressed.npz", **mixed)
cycle = {"model": weights()}; cycle["self"] = cycle; holder = Net(); holder.me = holder; cycle["holder"] = holder
save(cycle, "cycle.pth")
