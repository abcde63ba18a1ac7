export { Optimizer, type TensorState as Tensors } from "@lorat/core";
