"""Writes small_zip.pth and small_legacy.pth, which TorchFileTest reads: what PyTorch 1.13 saved, in both of its forms."""
import torch
from collections import OrderedDict

shared = torch.arange(12, dtype=torch.float32)
state = OrderedDict()
state["module.plain"] = torch.tensor([[1.0, -2.5], [3.25, float("inf")]])
state["module.transposed"] = torch.arange(6, dtype=torch.float32).reshape(2, 3).t()
state["module.part"] = shared[4:10].reshape(3, 2)  # two views of one storage
state["module.every_third"] = shared[::3]
state["module.parameter"] = torch.nn.Parameter(torch.tensor([7.0, 8.0]))
state["module.half"] = torch.tensor([1.0, -2.5, 65504.0], dtype=torch.float16)
state["module.brain"] = torch.tensor([1.0, -2.5], dtype=torch.bfloat16)
state["module.double"] = torch.tensor([0.1, -1e30], dtype=torch.float64)
state["module.num_batches_tracked"] = torch.tensor(1 << 40)
state["module.int32"] = torch.tensor([-7], dtype=torch.int32)
state["module.int16"] = torch.tensor([-300, 300], dtype=torch.int16)
state["module.int8"] = torch.tensor([-1, 127], dtype=torch.int8)
state["module.uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
state["module.bool"] = torch.tensor([True, False])
state["module.empty"] = torch.zeros(0, 4)
state._metadata = OrderedDict(version=1)
checkpoint = {"epoch": 3, "best": 91.75, "arch": "small", "nothing": None, "state_dict": state, "done": False,
              "optimizer": {"state": {0: {"momentum_buffer": torch.ones(2)}}, "param_groups": [{"lr": 0.1, "params": [0]}]}}
torch.save(checkpoint, "small_zip.pth")
torch.save(checkpoint, "small_legacy.pth", _use_new_zipfile_serialization=False)
torch.save(state, "small_protocol4.pth", pickle_protocol=4)
